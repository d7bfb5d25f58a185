"""The one function a gin file binds: which job this process runs."""


def run(*, job, share_work_dir=False):
    """Calls `job`, a gin reference such as `@loop.train` (never a string).

    Args:
        job: zero-argument callable. Its attribute `may_differ`, where it has one,
            names the macros and parameters that do not change its results, or whose
            content it checks itself: they may be bound differently by processes that
            share, or continue, a WORK_DIR; read by main.py.
        share_work_dir: bool, whether several processes may run this job in one
            WORK_DIR at the same time; read by main.py.
    """
    return job()
