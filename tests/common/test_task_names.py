"""Tasks are sent by name: every name that the code uses is that of a registered task."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

from portal.celery import app
from portal.common.jobs import wake

ROOT = Path(settings.BASE_DIR)
PACKAGES = ("portal", "campaigns", "deliveries", "reports")


def wake_calls() -> Iterator[tuple[str, ast.Call]]:
    for package in PACKAGES:
        for file in sorted((ROOT / package).rglob("*.py")):
            for node in ast.walk(ast.parse(file.read_text())):
                if isinstance(node, ast.Call) and ast.unparse(node.func) in ("wake", "jobs.wake"):
                    yield str(file.relative_to(ROOT)), node


def test_every_task_that_is_sent_by_name_is_registered():
    names = {
        call.args[0].value: file
        for file, call in wake_calls()
        if isinstance(call.args[0], ast.Constant) and isinstance(call.args[0].value, str)
    }
    assert len(names) >= 6
    assert {name: file for name, file in names.items() if name not in app.tasks} == {}


def test_every_scheduled_task_is_registered():
    scheduled = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}
    assert scheduled - set(app.tasks) == set()


@pytest.fixture
def broker_away(monkeypatch) -> None:
    monkeypatch.setattr(app.conf, "broker_url", "redis://127.0.0.1:1/0")
    monkeypatch.setattr(app.amqp, "_producer_pool", None)


def test_broker_that_is_away_is_logged_without_the_arguments(broker_away, caplog):
    caplog.set_level("WARNING", logger="portal.common.jobs.waking")
    assert wake("accounts.send_mail", "somebody@example.com", "subject", "text", "") is False
    assert [(record.name, record.levelname) for record in caplog.records] == [("portal.common.jobs.waking", "WARNING")]
    assert "accounts.send_mail" in caplog.text
    assert "somebody@example.com" not in caplog.text


@pytest.fixture
def emptied_queue() -> Iterator:
    def empty() -> None:
        with app.connection_for_write() as connection, connection.channel() as channel:
            channel.queue_purge("celery")

    empty()
    yield
    empty()


@pytest.mark.parametrize("expires", [None, 60])
def test_wake_puts_the_task_with_its_expiry_into_the_queue(emptied_queue, expires):
    assert wake("reports.build_report", 7, expires=expires) is True
    with app.connection_for_read() as connection, connection.SimpleQueue("celery") as queue:
        message = queue.get(block=False)
        message.ack()
    assert (message.headers["task"], message.payload[0]) == ("reports.build_report", [7])
    assert (message.headers["expires"] is None) == (expires is None)
