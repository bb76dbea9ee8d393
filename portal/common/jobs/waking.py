"""Sending tasks to a worker by name, so that modules need not import the tasks that call them."""

import logging

from celery import current_app
from kombu.exceptions import OperationalError as BrokerAway

logger = logging.getLogger(__name__)


def wake(task_name: str, *args: str | int, expires: float | None = None) -> bool:
    """Ask a worker to run a task. Return False if the broker cannot be reached; a job's row waits for the next poll.

    A task that no worker has started after `expires` seconds is dropped. The arguments are not logged: they may hold
    a person's address.
    """
    try:
        current_app.signature(task_name, args=args).apply_async(expires=expires)  # type: ignore[arg-type] # None is allowed; the stubs leave it out
    except BrokerAway as error:
        logger.warning("The broker cannot be reached, task %s was not sent: %s", task_name, error)
        return False
    return True
