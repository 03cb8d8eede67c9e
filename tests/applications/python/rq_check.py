"""Has an RQ worker do jobs, and prints what came of them."""

import json
import os
import time
from datetime import timedelta

from redis import Redis
from rq import Queue, Retry
from rq.job import Job

from rq_tasks import add, fail, stubborn

PATIENCE = 90

redis = Redis.from_url(os.environ["REDIS_URL"])
queue = Queue(connection=redis)


def ended(job):
    end = time.time() + PATIENCE
    while time.time() < end:
        if job.get_status(refresh=True) in ("finished", "failed"):
            return Job.fetch(job.id, connection=redis)
        time.sleep(0.05)
    raise TimeoutError(job.get_status())


jobs = [queue.enqueue(add, i, i) for i in range(10)]
first = queue.enqueue(add, 1, 2)
second = queue.enqueue(add, 3, 4, depends_on=first)
tried = queue.enqueue(stubborn, 2, retry=Retry(max=3))
failing = queue.enqueue(fail)
later = queue.enqueue_in(timedelta(seconds=1), add, 5, 5)
found = {
    "jobs": [ended(job).result for job in jobs],
    "dependent": ended(second).result,
    "retries": ended(tried).result,
    "failed": ended(failing).get_status(),
    "in registry": queue.failed_job_registry.get_job_ids() == [failing.id],
    "scheduled": ended(later).result,
    "left": queue.count,
}
print(json.dumps(found))
