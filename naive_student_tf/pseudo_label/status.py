"""Job: how far the workers of a pseudo-label job are, all of them together."""

import time

import tensorflow as tf

from naive_student_tf import processes, store
from naive_student_tf.data import shards
from naive_student_tf.pseudo_label import finished, worker

STATES = ("works", "waits", "silent", "gone", "ended")


def pseudo_label_status(*, data_dir, splits, run_dir, silent_s=120.0, output=None):
    """Prints progress, frames/s, device-idle share and ETA; changes nothing.

    Args:
        data_dir, splits: as of the pseudo-label job.
        run_dir: str, its WORK_DIR.
        silent_s: float, seconds after which a worker that does not report is not
            counted on any more.
        output: str, where to write the same as JSON, or None.
    """
    store.require_directory(run_dir, what="RUN_DIR")
    status = {
        "splits": {name: _split(data_dir, name, run_dir) for name in splits},
        "workers": _workers(run_dir, silent_s=silent_s, now=time.time()),
    }
    status |= _totals(status)
    print("\n".join(_lines(status)), flush=True)
    if output:
        store.write_json(output, status)


def _split(data_dir, name, run_dir):
    """Counts of one split."""
    parts, facts = shards.read_manifest(store.join(data_dir, name))
    done = finished.names(run_dir, name)
    manifest = store.join(run_dir, name, shards.MANIFEST)
    return {
        "shards": len(parts),
        "shards_done": len(done),
        "frames": facts["count"],
        "frames_done": sum(part.count for part in parts if part.file in done),
        "complete": store.exists(manifest),
    }


def _workers(run_dir, *, silent_s, now):
    """What each worker reported last, with its state; see STATES."""
    folder = store.join(run_dir, finished.STATE, worker.FOLDER)
    found = []
    for path in sorted(tf.io.gfile.glob(store.join(folder, "*.json"))):
        report = store.read_json(path)
        report["state"] = _state(report, silent_s=silent_s, now=now)
        report["frames_per_s"] = report["frames"] / max(report["work_s"], 1e-6)
        idle = worker.idle_share(report["device_s"], report["work_s"])
        found.append({**report, "device_idle": idle})
    return found


def _state(report, *, silent_s, now):
    if report["ended"]:
        return "ended"
    if processes.is_gone(report):
        return "gone"
    if now - report["updated"] > silent_s:
        return "silent"
    return "works" if report["shard"] else "waits"


def _totals(status):
    """Sums over splits and workers; the ETA is None while nobody works."""
    splits, workers = status["splits"].values(), status["workers"]
    left = sum(split["frames"] - split["frames_done"] for split in splits)
    rate = sum(w["frames_per_s"] for w in workers if w["state"] == "works")
    device_s, work_s = (sum(w[key] for w in workers) for key in ("device_s", "work_s"))
    return {
        "frames_left": left,
        "frames_per_s": rate,
        "eta_s": left / rate if rate else (None if left else 0.0),
        "device_idle": worker.idle_share(device_s, work_s) if work_s else None,
    }


def _lines(status):
    for name, split in status["splits"].items():
        complete = ", manifest written" if split["complete"] else ""
        yield (
            f"{name}: {split['frames_done']}/{split['frames']} frames, "
            f"{split['shards_done']}/{split['shards']} shards{complete}"
        )
    for report in status["workers"]:
        shard = f" on {report['shard']}" if report["shard"] else ""
        yield (
            f"  {report['worker']} {report['state']}{shard}: "
            f"{report['frames']} frames, "
            f"{report['frames_per_s']:.2f} frames/s, "
            f"device idle {report['device_idle']:.0%}"
        )
    working = sum(report["state"] == "works" for report in status["workers"])
    eta = "unknown" if status["eta_s"] is None else f"{status['eta_s']:.0f} s"
    idle = status["device_idle"]
    yield (
        f"{working} of {len(status['workers'])} workers at work: "
        f"{status['frames_per_s']:.2f} frames/s, {status['frames_left']} frames left, "
        f"{eta} to go" + ("" if idle is None else f", device idle {idle:.0%}")
    )
