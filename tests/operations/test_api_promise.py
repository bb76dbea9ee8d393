"""api_promise: the committed promise of the API is up to date, a break of it fails, and an addition is entered."""

import json

import pytest
from django.core.management import CommandError, call_command

from portal.operations.management.commands import api_promise

OPERATION = "GET /api/v1/key/"


@pytest.fixture
def changed_promise(tmp_path, monkeypatch):
    """Return a function that promises something else than the code does, in files of the test's own."""
    monkeypatch.setattr(api_promise, "PROMISE", tmp_path / "openapi-v1.json")
    monkeypatch.setattr(api_promise, "CHANGELOG", tmp_path / "api-changelog.md")
    real = json.loads((api_promise.settings.BASE_DIR / "docs" / "openapi-v1.json").read_text())
    api_promise.CHANGELOG.write_text("# Changes\n\n## Unreleased\n\n- Older.\n")

    def promise(edit) -> None:
        edit(real["paths"])
        api_promise.PROMISE.write_text(json.dumps(real))

    return promise


def remove_key(paths: dict) -> None:
    del paths["/api/v1/key/"]


def add_parameter(paths: dict) -> None:
    paths["/api/v1/key/"]["get"].setdefault("parameters", []).append(
        {"in": "query", "name": "gone", "schema": {"type": "string"}}
    )


def test_promise_is_what_the_code_does(capsys):
    call_command("api_promise")
    assert capsys.readouterr().out == "The API is as docs/openapi-v1.json promises.\n"


def test_stale_promise_fails_until_it_is_written(changed_promise):
    changed_promise(remove_key)
    with pytest.raises(CommandError, match=rf"not up to date.*--write\n  {OPERATION}: new operation"):
        call_command("api_promise")

    call_command("api_promise", "--write")
    call_command("api_promise")

    entries = f"# Changes\n\n## Unreleased\n\n- {OPERATION}: new operation\n- Older.\n"
    assert api_promise.CHANGELOG.read_text() == entries


def test_break_fails_and_is_written_only_if_it_is_meant(changed_promise):
    changed_promise(add_parameter)
    for words in ([], ["--write"]):
        with pytest.raises(CommandError, match=rf"would break.*\n  {OPERATION} parameter gone: was removed"):
            call_command("api_promise", *words)

    call_command("api_promise", "--write", "--break")
    call_command("api_promise")

    assert f"- **Breaks**: {OPERATION} parameter gone: was removed\n" in api_promise.CHANGELOG.read_text()
