"""Child processes that do not outlive their parent (standard library only)."""

import ctypes
import os
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
