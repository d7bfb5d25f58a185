"""Job: runs stages in order, each as its own process; finished ones are kept.

A TPU belongs to one process, and a config to one process: stages talk through
directories only. Killed at any moment and started again, the run goes on.
"""

import shlex
import signal
import time

from naive_student_tf import results_table, run_directory, store
from naive_student_tf.console import Console
from naive_student_tf.iterate import guard, results
from naive_student_tf.iterate.processes import Running


def iterate(*, stages, work_dir, max_parallel=1, only_print=False):
    """Runs every stage whose result is not there yet.

    Args:
        stages: list of Stage.
        work_dir: str, a local directory; gs://, where a scheduler runs what is printed.
        max_parallel: int, stages that do not wait for each other may run together;
            keep 1 where they share an accelerator.
        only_print: bool, run nothing; print the commands of the stages that are not
            done, each below a comment that names what it waits for. A scheduler may
            run them; here they are then done.

    Raises:
        RuntimeError: a stage failed; it names the stage and its log.
        ValueError: a student would see what it is evaluated on (guard.py); or a
            finished stage was made by another config; or a stage would have to run
            here although `work_dir` is not.
    """
    guard.check(stages, work_dir)
    prints = _fingerprints(stages, work_dir)
    waiting = [s for s in stages if not _is_done(s, work_dir, prints[s.name])]
    done = {stage.name for stage in stages} - {stage.name for stage in waiting}
    if only_print:
        for stage in stages:
            print(_printed(stage, work_dir, prints[stage.name], done))
        return
    if waiting and "://" in work_dir:
        raise ValueError(
            f"{waiting[0].name} is not done, and stages below {work_dir!r} cannot run "
            f"here: bind ONLY_PRINT = True and run the commands where they belong."
        )
    for name in (stage.name for stage in stages if stage.name in done):
        print(f"{name}: done before", flush=True)
    if done:  # the last run may have been killed before it did this
        results.collect(stages, work_dir)
    _run(stages, waiting, done, work_dir, max_parallel, prints)
    rows = results.read(work_dir)
    if rows:
        print(results_table.format_table(rows), flush=True)


def _run(stages, waiting, done, work_dir, max_parallel, prints):
    """Starts stages as soon as those before them are done, until none waits."""
    console = Console(total=len(stages), done=len(done))
    running = []
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        while waiting or running:
            for stage in _ready(waiting, done)[: max_parallel - len(running)]:
                waiting.remove(stage)
                print_ = prints[stage.name]
                running.append(Running(stage, work_dir, console, fingerprint=print_))
            time.sleep(0.1)
            for process in [process for process in running if process.finished()]:
                running.remove(process)
                _check(process, work_dir, prints[process.stage.name])
                console.finish(process.stage.name, process.seconds)
                done.add(process.stage.name)
                results.collect(stages, work_dir)
    finally:  # preempted too: each stage gets the SIGTERM, and time to save
        for process in running:
            process.stop()
        console.close()
        signal.signal(signal.SIGTERM, before)


def _printed(stage, work_dir, fingerprint, done):
    """A comment and, unless it is done, the command of a stage."""
    if stage.name in done:
        return f"# {stage.name}: done before"
    waits = [name for name in stage.after if name not in done]
    after = f", after {', '.join(waits)}" if waits else ""
    return f"# {stage.name}{after}\n{shlex.join(stage.command(work_dir, fingerprint))}"


def _fingerprints(stages, work_dir):
    """Name -> fingerprint, which covers all that came before a stage."""
    prints = {}
    for stage in stages:
        missing = [name for name in stage.after if name not in prints]
        if missing or stage.name in prints:
            raise ValueError(
                f"Stage {stage.name!r} comes after {missing}, which are not before it "
                f"in the list, or its name is taken twice."
            )
        before = [prints[name] for name in stage.after]
        prints[stage.name] = stage.fingerprint(work_dir, before)
    return prints


def _is_done(stage, work_dir, fingerprint):
    directory = store.join(work_dir, stage.name)
    path = store.join(directory, run_directory.MARKER)
    if not store.exists(path):
        return False
    if store.read_json(path)["fingerprint"] != fingerprint:
        raise ValueError(
            f"{directory} was made by another config than {stage.gin_files} are now. "
            f"Use another WORK_DIR, or delete that directory to run the stage again."
        )
    return True


def _ready(waiting, done):
    return [stage for stage in waiting if done.issuperset(stage.after)]


def _check(process, work_dir, fingerprint):
    """Raises RuntimeError if the stage failed, or ended without its marker."""
    stage = process.stage
    if process.exit_code or not _is_done(stage, work_dir, fingerprint):
        raise RuntimeError(
            f"Stage {stage.name} failed (exit code {process.exit_code}): "
            f"{process.last_words()}\nIts log: {process.log}. Mend the cause and start "
            f"the same command again; finished stages are kept."
        )
