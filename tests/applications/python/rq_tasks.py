"""What the RQ worker of the tests can do."""

from rq import get_current_job


def add(a, b):
    return a + b


def stubborn(times):
    job = get_current_job()
    tried = job.meta.get("tried", 0)
    job.meta["tried"] = tried + 1
    job.save_meta()
    if tried < times:
        raise ValueError("not yet")
    return tried


def fail():
    raise ValueError("no luck")
