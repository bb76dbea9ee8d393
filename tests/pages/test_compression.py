"""Compressed responses: pages, to browsers that accept it, and nothing else."""

import gzip
import re

from tests.pages.conftest import make_run

TOKEN = re.compile(rb'value="\w{64}"')  # of a form: another each time


def test_page_is_compressed_for_who_takes_it(client, db):
    plain = client.get("/accounts/password/reset/done/")
    packed = client.get("/accounts/password/reset/done/", HTTP_ACCEPT_ENCODING="br, gzip")

    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert packed.headers["Content-Length"] == str(len(packed.content))
    assert "Accept-Encoding" in packed.headers["Vary"]
    assert TOKEN.sub(b"", gzip.decompress(packed.content)) == TOKEN.sub(b"", plain.content)


def test_download_keeps_its_length(client, owner, tenant):
    run = make_run(tenant, "2026-10", text="Norway")
    client.force_login(owner)

    response = client.get(f"/t/{tenant.slug}/reports/{run.id}/download/", HTTP_ACCEPT_ENCODING="gzip")

    body = b"".join(response.streaming_content)
    assert "Content-Encoding" not in response.headers
    assert (body[:2], response.headers["Content-Length"]) == (b"PK", str(len(body)))
