"""The one function a gin file binds: which job this process runs."""


def run(*, job):
    """Calls `job`, a gin reference such as `@loop.train` (never a string)."""
    return job()
