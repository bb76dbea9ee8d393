"""A used-up pool of database connections shows in /metrics, and leaves the door open."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import httpx
import psycopg
import pytest
from django.test import Client

from portal.common.database import connection_string
from tests.operations.test_metrics import values
from tests.running import until
from tests.servers import running_server


@pytest.mark.django_db(transaction=True)
def test_used_up_pool_of_pages_is_in_the_metrics_and_the_door_is_ready(tenant, viewer, tmp_path):
    browser = Client()
    browser.force_login(viewer)
    cookies = {"sessionid": browser.cookies["sessionid"].value}
    with (
        running_server({"PORTAL_DB_POOL_SIZE": "1", "METRICS_TOKEN": "for-a-test"}, folder=tmp_path) as server,
        ThreadPoolExecutor(2) as threads,
        httpx.Client(base_url=server.url, timeout=60) as http,
        psycopg.connect(connection_string()) as owner,
    ):

        def read() -> tuple[float, ...]:
            metrics = values(http.get("/metrics", headers={"Authorization": "Bearer for-a-test"}).content)
            names = ("connections_in_use", "connections_max", "requests_waiting")
            return tuple(metrics[f"portal_pool_{name}['portal_web']"] for name in names)

        def open_page() -> int:
            return httpx.get(f"{server.url}/t/{tenant.slug}/messages/", cookies=cookies, timeout=60).status_code

        assert open_page() == 200
        before = read()
        owner.execute("LOCK TABLE message IN ACCESS EXCLUSIVE MODE")
        pages = [threads.submit(open_page) for _ in range(2)]
        until(lambda: read() == (1, 1, 1), "one page holds the only connection, another waits for it")
        ready = http.get("/readyz")
        owner.rollback()
        answers = [page.result() for page in pages]

    assert before == (0, 1, 0)
    assert ready.status_code == 200
    assert set(answers) <= {200, 503}
