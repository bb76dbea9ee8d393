"""A worker that is killed in mid-send: the mail arrives at most once, and its outcome is shown as unknown."""

import json
import os
import signal
import subprocess
import sys

import pytest
from django.db import connection
from django.utils import timezone

from reports.models import ReportMail
from reports.schedules import sending
from reports.schedules.recipients import add_member
from tests.report_mails.conftest import states
from tests.report_mails.mail_servers import PATIENCE, MailServer

WORKER = """
import json, os, sys
import django
from django.conf import settings
given = json.loads(sys.argv[1])
settings.DATABASES["default"].update(given["database"])
settings.STORAGES = settings.STORAGES | given["storages"]
for name, value in given["settings"].items():
    setattr(settings, name, value)
django.setup()
from reports.schedules.sending import send_waiting
send_waiting()
"""


@pytest.fixture
def start_worker(settings):
    """Return a function that starts a process which sends what waits in the test's database by a server."""
    started = []

    def start(server: MailServer) -> subprocess.Popen:
        database = {name: connection.settings_dict[name] for name in ("NAME", "USER", "PASSWORD", "HOST", "PORT")}
        mail = {
            "EMAIL_BACKEND": "django.core.mail.backends.smtp.EmailBackend", "EMAIL_HOST": "127.0.0.1",
            "EMAIL_PORT": server.port, "EMAIL_HOST_USER": "", "EMAIL_HOST_PASSWORD": "",
        }  # fmt: skip
        given = {"database": database, "storages": {"default": settings.STORAGES["default"]}, "settings": mail}
        process = subprocess.Popen(
            [sys.executable, "-c", WORKER, json.dumps(given)], env=os.environ, start_new_session=True
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.wait(PATIENCE)


@pytest.mark.django_db(transaction=True)
def test_worker_killed_after_the_text_sends_at_most_one_mail(
    definition, manager, viewer, finish, use_server, start_worker
):
    add_member(definition=definition, user=viewer, actor=manager, now=timezone.now())
    finish(definition)

    with MailServer(text="hang") as server:
        worker = start_worker(server)
        assert server.has_text.wait(PATIENCE)  # the whole mail has arrived, and no answer was given
        os.kill(worker.pid, signal.SIGKILL)
        assert worker.wait(PATIENCE) == -signal.SIGKILL
        assert states() == ["sending"]

        use_server(server)
        assert sending.send_waiting() == 0  # nobody takes it while it is leased
        ReportMail.objects.update(lease_until=timezone.now())
        assert sending.mark_unknown(now=timezone.now()) == 1
        assert sending.send_waiting() == 0

    assert (states(), len(server.texts)) == (["unknown"], 1)


@pytest.mark.django_db(transaction=True)
def test_two_workers_send_each_mail_once(definition, tenant, manager, viewer, analyst, finish, start_worker):
    for person in (manager, viewer, analyst):
        add_member(definition=definition, user=person, actor=manager, now=timezone.now())
    for _run in range(4):
        finish(definition)

    with MailServer() as server:
        workers = [start_worker(server) for _number in range(2)]
        assert [worker.wait(60) for worker in workers] == [0, 0]

    assert (states(), len(server.texts)) == (["sent"] * 12, 12)
    assert len({mail["Message-ID"] for mail in server.mails}) == 12
