"""Has a Celery worker do tasks, and prints what came of them."""

import json

from celery import chain, chord, group

from celery_tasks import add, fail, stubborn, total

PATIENCE = 90


def failure(result):
    try:
        result.get(timeout=PATIENCE)
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return None


found = {
    "task": add.delay(2, 3).get(timeout=PATIENCE),
    "countdown": add.apply_async((1, 1), countdown=0.3).get(timeout=PATIENCE),
    "group": group(add.s(i, i) for i in range(20))().get(timeout=PATIENCE),
    "chain": chain(add.s(1, 2), add.s(10), add.s(100))().get(timeout=PATIENCE),
    "chord": chord((add.s(i, 1) for i in range(20)), total.s())().get(timeout=PATIENCE),
    "retries": stubborn.delay(3).get(timeout=PATIENCE),
    "failure": failure(fail.delay()),
}
forgotten = add.delay(4, 4)
forgotten.get(timeout=PATIENCE)
forgotten.forget()
found["forgotten"] = forgotten.state
print(json.dumps(found))
