"""A day's life of a whole portal, planted with secrets and numbers; afterwards no log holds one of them."""

import contextlib
import http.client
import os
import re
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import quote

import httpx
import psycopg
import pytest

from portal.common.redaction import NUMBER as REDACTED_NUMBER
from tests.people.factors import code_of
from tests.running import Running, until

NATIONAL = "401234567"  # found in every notation
NUMBER = f"+358{NATIONAL}"
TOKEN, UNKNOWN_TOKEN = "main-token-of-the-day", "unknown-token-of-the-day"
PASSWORD, WRONG_PASSWORD = "a password of the day", "a wrong password of the day"
GATE_PASSWORD = "a-password-of-the-gateway"
OWNER, STAFF, INVITED = "owner@example.com", "staff@example.com", "invited@example.com"
NEWER = "newer@example.com"
CONFIG = f"""
gateway_accounts:
  - {{name: link-main, platform_id: ACME, timezone: Europe/Helsinki,
     feeds: [{{name: main, dialect: link, token: {TOKEN}}}]}}
tenants:
  - {{slug: nordic-retail, name: Nordic Retail Oy, timezone: Europe/Helsinki, partner_ids: {{link-main: [nr-fi]}}}}
users:
  - {{email: {OWNER}, password: {PASSWORD}, memberships: {{nordic-retail: owner}}}}
  - {{email: {STAFF}, password: {PASSWORD}, staff: true}}
"""
MAKE_KEY = """
from django.utils import timezone
from portal.tenants.api_keys import create_key
from portal.tenants.models import Tenant
tenant = Tenant.objects.get(slug="nordic-retail")
print(create_key(tenant=tenant, name="day", scopes=["read", "numbers"], created_by="x", now=timezone.now())[1])
"""
UNSENT = "SELECT id FROM accounts_unsentmail WHERE \"to\" = %s AND sealed <> ''"


@pytest.fixture
def portal(fill_home) -> Iterator[Running]:
    folder = Path(tempfile.mkdtemp(prefix="portal-day-"))
    logs = folder / "outside"
    logs.mkdir()
    variables = {"LOG_LEVEL": "INFO", "PORTAL_STAFF_MFA": "false", "PORTAL_API_ADDRESS_PER_MINUTE": "0"}
    fill_home(folder / "home")
    made = Running(folder / "home", variables=variables, logs=logs)
    (made.path / "log").mkdir(parents=True, mode=0o755)  # of an earlier version
    (made.path / "log" / "web.log.1").write_text("old")
    try:
        made.launch("serve", sys.executable, "-m", "portal.serve")
        until(made.answers, "the portal answers", within=240)
        yield made
    finally:
        made.remove()
        shutil.rmtree(folder)


@pytest.mark.any_python
def test_no_log_holds_a_secret_or_a_number_after_a_day(portal, tmp_path):
    (tmp_path / "config.yaml").write_text(CONFIG)
    portal.command("provision", str(tmp_path / "config.yaml"))
    key = portal.command("shell", "-v", "0", "-c", MAKE_KEY).strip().splitlines()[-1]
    planted = {NATIONAL, TOKEN, UNKNOWN_TOKEN, PASSWORD, WRONG_PASSWORD, GATE_PASSWORD, key, key.rpartition("_")[2]}

    with portal.database() as database:
        reports_come_in(portal)
        until(lambda: messages(database) == 1, "the report is applied")
        planted |= people_come_in(portal, database)
        programs_ask(portal, key)
        errors_happen(portal, database)
        planted |= second_factor_is_used(portal)
    backup, report = tmp_path / "backup", tmp_path / "report.xlsx"
    portal.command("monthly_report", "--tenant", "nordic-retail", "--month", f"{datetime.now(UTC):%Y-%m}",
                   "--out", str(report))  # fmt: skip
    portal.command("backup", str(backup))
    a_server_process_is_killed(portal)
    portal.end("serve", within=120)

    logs = written(portal)
    assert {(name, secret) for name, text in logs.items() for secret in planted if secret in text} == set()
    assert "/password/reset/key/" not in "".join(logs.values()).replace("/password/reset/key/[secret]", "")
    # What logs are read for is there.
    assert re.search(r"portal.requests: POST \(no route\) 404", logs["web.log"])
    assert re.search(r"portal.requests: GET /t/<slug:tenant_slug>/messages/ 500", logs["web.log"])
    assert "accounts.send_mail" in logs["worker.log"]
    assert "terminated by signal 9" in "".join(text for name, text in logs.items() if name.startswith("postgres"))
    # All that the portal wrote, its engines' files too, but for what browsers load; "tmp" is the test's own.
    folders = [path for path in portal.path.iterdir() if path.name not in ("static", "tmp")]
    assert {"log", "files", "postgres", "run"} <= {path.name for path in folders}
    assert open_to_others(*folders, backup, report) == []


def reports_come_in(portal: Running) -> None:
    at = (datetime.now(UTC) - timedelta(hours=1)).isoformat(timespec="seconds")
    report = (
        f'{{"id":"m1","resultCode":1001,"timestamp":"{at}","gateCustomParameters":{{"platformPartnerId":"nr-fi"}},'
        f'"customParameters":{{"destination":"{NUMBER}"}}}}'
    )
    answers = [
        raw(portal, "POST", f"/dlr/{TOKEN}/", report),
        raw(portal, "POST", f"//dlr/{TOKEN}/", f"broken {NUMBER}"),
    ]
    answers += [raw(portal, "POST", path.format(UNKNOWN_TOKEN), report) for path in ("/DLR/{}/", "/x/../dlr/{}/")]
    answers.append(raw(portal, "GET", f"/dlr/{UNKNOWN_TOKEN}/?id=m1&resultCode=1001&to={quote(NUMBER)}"))
    basic = {"Authorization": "Basic bGluazphLXBhc3N3b3JkLW9mLXRoZS1nYXRld2F5"}  # GATE_PASSWORD
    answers.append(raw(portal, "POST", f"/dlr/{UNKNOWN_TOKEN}/", report, basic))
    assert answers == [200, 200, 401, 401, 401, 401]
    assert [raw(portal, "POST", path, report) for path in (f"/nothing/{TOKEN}", f"/%2564lr/{TOKEN}/")] == [404, 404]
    assert raw(portal, "GET", f"/t/{TOKEN}/?number={quote(NUMBER)}") in (302, 404)
    assert raw(portal, "GET", f"/?to={NUMBER}", "", {"Host": f"{TOKEN}.example.com"}) == 400


def people_come_in(portal: Running, database: psycopg.Connection) -> set[str]:
    """Sign in, be invited, set another password; return the secrets of the links and the sessions."""
    with browser(portal) as owner, browser(portal) as staff, browser(portal) as guest:
        sign_in(owner, OWNER, WRONG_PASSWORD)
        assert [sign_in(owner, OWNER), sign_in(staff, STAFF)] == [302, 302]
        cookies = {client.cookies["sessionid"] for client in (owner, staff)}
        assert owner.get("/t/nordic-retail/messages/", params={"number": NUMBER}).status_code == 200
        assert owner.get(f"/t/nordic-retail/nothing/{NUMBER}/").status_code == 404

        members = "/t/nordic-retail/settings/members/"
        assert post(owner, f"{members}invite/", members, email=INVITED, role="viewer").status_code == 302
        invitation = re.search(r"/accounts/invitation/[\w-]+/", owner.get(members).text)[0]
        assert guest.get(invitation).status_code == 200
        assert guest.post(invitation, data={"name": "x"}).status_code == 403  # no token of the form

        post(guest, "/accounts/password/reset/", email=OWNER)
        [mail] = until(lambda: database.execute(UNSENT, [OWNER]).fetchall(), "the mail is kept")[0]
        page = f"/admin/accounts/unsentmail/{mail}/show/"
        make_superuser(database)
        reset = re.search(r"/accounts/password/reset/key/[\w-]+/", post(staff, page).text)[0]
        assert guest.get(reset).status_code == 302
        assert guest.get(f"/{reset}").status_code == 404  # a slash too many
        confirmation = address_is_changed(owner, staff, database)
        assert guest.get(confirmation).status_code == 200
    return cookies | {path.rstrip("/").rpartition("/")[2] for path in (invitation, reset, confirmation)}


def address_is_changed(owner: httpx.Client, staff: httpx.Client, database: psycopg.Connection) -> str:
    """Ask for another address and let staff read the mail; return the link that confirms it."""
    asked = post(owner, "/accounts/email/", email=NEWER, action_add="")
    post(owner, asked.headers["Location"], password=PASSWORD)
    [mail] = until(lambda: database.execute(UNSENT, [NEWER]).fetchall(), "the mail is kept")[0]
    return re.search(r"/accounts/confirm-email/[^/\s]+/", post(staff, f"/admin/accounts/unsentmail/{mail}/show/").text)[
        0
    ]


def second_factor_is_used(portal: Running) -> set[str]:
    """Set an authenticator app up and sign in with a recovery code; return the app's secret and the codes."""
    with browser(portal) as owner, browser(portal) as elsewhere:
        assert sign_in(owner, OWNER) == 302
        app = "/accounts/2fa/totp/activate/"
        post(owner, owner.get(app).headers["Location"], password=PASSWORD)
        secret = re.search(r'id="totp-secret">(\w+)<', owner.get(app).text)[1]
        assert post(owner, app, "/accounts/profile/", code=code_of(secret)).status_code == 302
        codes = re.findall(r"<li>([\d-]{6,})</li>", owner.get("/accounts/2fa/recovery-codes/").text)
        assert sign_in(elsewhere, OWNER) == 302
        wrong = post(elsewhere, "/accounts/2fa/authenticate/", code=codes[0][::-1])
        right = post(elsewhere, "/accounts/2fa/authenticate/", code=codes[0])
    assert (len(codes), wrong.status_code, right.status_code) == (10, 200, 302)
    return {secret, *codes}


def programs_ask(portal: Running, key: str) -> None:
    """Ask the API with the key where it belongs, and where it does not."""
    with httpx.Client(base_url=portal.url) as client:
        right = {"Authorization": f"Bearer {key}"}
        answers = [
            client.get("/api/v1/messages/", params={"number": NUMBER, "period": "7d"}, headers=right),
            client.get("/api/v1/messages/", params={"key": key}),
            client.get(f"/api/v1/{key}/"),
            client.get("/metrics", headers={"Authorization": f"Bearer {key}x"}),
        ]
    assert [answer.status_code for answer in answers][:3] == [200, 401, 404]


def errors_happen(portal: Running, database: psycopg.Connection) -> None:
    """Let a page, the applier and a command fail over a number; then let the database refuse statements about one."""
    database.execute("ALTER TABLE message RENAME TO message_of_tomorrow")
    try:
        with browser(portal) as owner:
            sign_in(owner, OWNER)
            assert owner.get("/t/nordic-retail/messages/", params={"number": NUMBER}).status_code == 500
        assert raw(portal, "POST", f"/dlr/{TOKEN}/", f'{{"id":"{NUMBER}","resultCode":1001}}') == 200
        until(lambda: database.execute("SELECT 1 FROM applier_stop").fetchall(), "the applier stops")
    finally:
        database.execute("ALTER TABLE message_of_tomorrow RENAME TO message")
    until(lambda: messages(database) == 2, "the applier goes on", within=120)
    code, output, errors = portal.run("manage.py", "shell", "-v", "0", "-c", f"raise ValueError('{NUMBER}')")
    assert (code, errors.splitlines()[-1]) == (1, f"ValueError: {REDACTED_NUMBER}")
    assert NATIONAL not in output + errors
    database.execute("CREATE TEMPORARY TABLE numbers (number text PRIMARY KEY CHECK (length(number) < 14))")
    database.execute("INSERT INTO numbers VALUES (%s)", [NUMBER])
    for statement in (
        "INSERT INTO numbers VALUES ('{}')",  # the detail names the key
        "INSERT INTO numbers VALUES ('{}00')",  # the detail has the row
        "SELECT '{}'::uuid",  # the message itself has the value
        "SELECT '{}' FROM nowhere",  # the statement has it
    ):
        with pytest.raises(psycopg.Error, match=NATIONAL):
            database.execute(statement.format(NUMBER))


def a_server_process_is_killed(portal: Running) -> None:
    """PostgreSQL then logs what the process was running."""
    running = "SELECT 1 FROM pg_stat_activity WHERE pid = %s AND state = 'active' AND query LIKE %s"
    with contextlib.closing(portal.database()) as victim, contextlib.closing(portal.database()) as witness:
        number = victim.info.backend_pid
        victim.pgconn.send_query(f"SELECT '{NUMBER}', pg_sleep(600)".encode())
        until(lambda: witness.execute(running, [number, f"%{NATIONAL}%"]).fetchall(), "the statement runs")
        os.kill(number, signal.SIGKILL)
    until(portal.answers, "the portal answers again", within=120)


def written(portal: Running) -> dict[str, str]:
    """Return all logs by name: the programs', the supervisor's, Redis's, PostgreSQL's."""
    data = portal.path / "postgres"
    paths = [*(portal.path / "log").iterdir(), *(data / "log").iterdir(), data / "start.log", *portal.logs.iterdir()]
    logs = {path.name: path.read_text(errors="replace") for path in paths}
    assert {"web.log", "applier.log", "worker.log", "beat.log", "engines.log", "supervisor.log", "redis.log"} <= set(
        logs
    )
    return logs


def open_to_others(*folders: Path) -> list[str]:
    paths = [path for folder in folders for path in (folder, *folder.rglob("*"))]
    return [f"{path.stat().st_mode & 0o777:03o} {path}" for path in paths if path.stat().st_mode & 0o027]


def messages(database: psycopg.Connection) -> int:
    return database.execute("SELECT count(*) FROM message").fetchone()[0]


def make_superuser(database: psycopg.Connection) -> None:
    database.execute("UPDATE accounts_user SET is_superuser = true WHERE email = %s", [STAFF])


def raw(portal: Running, method: str, path: str, body: str = "", headers: dict | None = None) -> int:
    """Send a request whose path stays as it is; return the status."""
    connection = http.client.HTTPConnection("127.0.0.1", portal.port, timeout=30)
    try:
        connection.request(method, path, body.encode(), headers or {})
        return connection.getresponse().status
    finally:
        connection.close()


def browser(portal: Running) -> httpx.Client:
    return httpx.Client(base_url=portal.url, timeout=60)


def sign_in(client: httpx.Client, email: str, password: str = PASSWORD) -> int:
    return post(client, "/accounts/login/", login=email, password=password).status_code


def post(client: httpx.Client, path: str, page: str = "", **data: str) -> httpx.Response:
    """Post a form of a page (of the path's own where none is given)."""
    text = client.get(page or path).text
    token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', text)[1]
    return client.post(path, data=data | {"csrfmiddlewaretoken": token})
