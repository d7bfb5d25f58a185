"""Processes that know each other's life and death (standard library only)."""

import ctypes
import os
import pathlib
import signal
import sys

_PR_SET_PDEATHSIG = 1  # linux/prctl.h


def die_with_parent(parent=None):
    """Called in a child: the kernel kills it when its parent dies.

    So a job that is killed with SIGKILL leaves no orphans that go on writing. Only
    Linux can do this; elsewhere the call does nothing.

    Args:
        parent: int, process id of the parent, if known: a parent that died before
            this call is noticed too.
    """
    if not sys.platform.startswith("linux"):
        return
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if parent is not None and os.getppid() != parent:
        os.kill(os.getpid(), signal.SIGKILL)


def identity():
    """What tells this process from all others: dict(machine=, pid=, start=).

    `machine` is the boot of the machine and the process namespace (a container has
    its own), `start` the process's start time, since process ids come again. Both
    are None where the system does not tell (not Linux).
    """
    pid = os.getpid()
    return {"machine": _machine(), "pid": pid, "start": _start_time(pid)}


def is_gone(process):
    """Whether the process of an `identity` has certainly ended.

    False for one of another machine: nobody here can know.
    """
    if process["machine"] is None or process["machine"] != _machine():
        return False
    return _start_time(process["pid"]) != process["start"]


def num_cpus(quota="/sys/fs/cgroup/cpu.max"):
    """How many processors this process may keep busy.

    Args:
        quota: str, where a container says what time of how many it has (cgroup v2):
            "<microseconds, or max> <of so many>".

    Returns:
        int, of those that it may run on; no more than the quota, rounded up.
    """
    allowed = len(os.sched_getaffinity(0))
    try:
        share, period = map(int, pathlib.Path(quota).read_text().split())
    except (OSError, ValueError):  # no quota
        return allowed
    return max(1, min(allowed, -(-share // period)))


def _machine():
    try:
        boot = pathlib.Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return f"{boot} {pathlib.Path('/proc/self/ns/pid').readlink()}"
    except OSError:
        return None


def _start_time(pid):
    """Clock ticks after boot at which a process started; None if there is none."""
    try:
        text = pathlib.Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return None
    fields = text.rpartition(")")[2].split()  # the name before may hold anything
    return None if fields[0] in "ZX" else int(fields[19])  # a zombie has ended
