"""The reference page: everybody may read it, in one's own language, without a script."""

import re
from pathlib import Path

import pytest

from portal.api.docs import GUIDES
from portal.api.problem_types import PROBLEM_TYPES
from portal.api.samples import samples
from portal.api.schema import document
from portal.common.templatetags.ticks import ticks

pytestmark = pytest.mark.django_db

PAGE = "/api/v1/docs/"


@pytest.fixture
def page(client) -> str:
    return client.get(PAGE).content.decode()


def test_every_operation_parameter_and_problem_is_there(page):
    ids = set(re.findall(r'\bid="([^"]+)"', page))
    operations = [operation for methods in document()["paths"].values() for operation in methods.values()]
    names = {parameter["name"] for operation in operations for parameter in operation.get("parameters", [])}

    assert {operation["operationId"] for operation in operations} - ids == set()
    assert set(PROBLEM_TYPES) - ids == set()
    assert {f"shape-{name}" for name in document()["components"]["schemas"]} - ids == set()
    assert [name for name in names if f'<code class="code">{name}</code>' not in page] == []


def test_links_and_buttons_lead_to_something_and_ids_are_one_each(page):
    ids = re.findall(r'\bid="([^"]+)"', page)
    targets = re.findall(r'href="#([^"]+)"', page) + re.findall(r'data-copy-from="([^"]+)"', page)

    assert len(ids) == len(set(ids))
    assert set(targets) - set(ids) == set()


def test_nothing_is_inline_and_nothing_comes_from_elsewhere(client, page):
    assert re.findall(r'\sstyle="|\son\w+="|<style|<script(?![^>]*\ssrc="/)', page) == []
    assert re.findall(r'(?:src|href)="(?!/|#)[^"]*"', page) == []
    assert "default-src 'none'" in client.get(PAGE).headers["Content-Security-Policy"]


def test_frame_is_in_the_readers_language_and_says_that_the_rest_is_english(client):
    answer = client.get(PAGE, headers={"Accept-Language": "fi"})
    page = answer.content.decode()

    assert answer.headers["Content-Language"] == "fi"
    assert "<h1>REST-rajapinta</h1>" in page
    assert '<h2 lang="fi">Virheet</h2>' in page
    assert '<p class="ref-summary" lang="en">Find messages</p>' in page


def test_signed_in_people_stay_signed_in_and_need_no_second_factor(client, staff_user, settings):
    settings.PORTAL_STAFF_MFA = True
    client.force_login(staff_user)

    answer = client.get(PAGE)

    assert (answer.status_code, "staff@example.com" in answer.content.decode()) == (200, True)


def test_guides_are_served_with_the_portal(client, page):
    for slug in GUIDES:
        address = f"/api/v1/docs/{slug}/"
        answer = client.get(address)
        written = (Path(__file__).parents[2] / "docs" / f"{slug}.md").read_text(encoding="utf-8")

        assert (answer.status_code, answer.content.decode()) == (200, written)
        assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
        assert f'href="{address}"' in page
    assert [client.get(f"/api/v1/docs/{slug}/").status_code for slug in ("style", "operations")] == [404, 404]


def test_key_opens_no_page(client, mine):
    page = client.get("/t/nordic-retail/reports/", headers=mine.headers)

    assert (page.status_code, client.get(PAGE, headers=mine.headers).status_code) == (302, 200)


def test_page_asks_the_database_for_nothing_of_tenants(client, django_assert_num_queries):
    client.get(PAGE)

    with django_assert_num_queries(5):  # the transaction's scope, set and left
        client.get(PAGE)


def test_samples_of_a_request():
    found = samples(
        server="https://portal.example.com",
        method="POST",
        path="/api/v1/reports/",
        query={},
        body={"month": "2026-10"},
        needs_key=True,
        is_file=False,
    )

    assert found == {
        "curl": (
            'curl \\\n  -H "Authorization: Bearer $KEY" \\\n  -H "Content-Type: application/json" \\\n'
            '  -d \'{"month": "2026-10"}\' \\\n  https://portal.example.com/api/v1/reports/'
        ),
        "Python": (
            "import os\n\nimport httpx\n\n"
            'api = httpx.Client(base_url="https://portal.example.com", '
            'headers={"Authorization": f"Bearer {os.environ[\'KEY\']}"})\n'
            'answer = api.post("/api/v1/reports/", json={"month": "2026-10"})\n'
            "answer.raise_for_status()\nprint(answer.json())"
        ),
        "JavaScript": (
            'const answer = await fetch("https://portal.example.com/api/v1/reports/", {\n  method: "POST",\n'
            '  headers: { Authorization: `Bearer ${process.env.KEY}`, "Content-Type": "application/json" },\n'
            '  body: JSON.stringify({"month": "2026-10"}),\n});\n'
            "if (!answer.ok) throw new Error((await answer.json()).detail);\nconsole.log(await answer.json());"
        ),
    }


@pytest.mark.parametrize(("path", "method"), [(p, m) for p, methods in document()["paths"].items() for m in methods])
def test_python_samples_are_python(page, path, method):
    from portal.api.reference import subjects

    entries = [entry for subject in subjects(document()) for entry in subject.entries]
    (entry,) = [entry for entry in entries if (entry.path, entry.method) == (path, method.upper())]

    compile(entry.samples["Python"], entry.id, "exec")
    assert "{" not in entry.samples["curl"].split("/api/v1/")[1]


def test_ticks_are_code_and_all_of_it_is_escaped():
    assert ticks("a <b> `c<d>` e") == 'a &lt;b&gt; <code class="code">c&lt;d&gt;</code> e'
