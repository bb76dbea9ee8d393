"""The audit log in sentences: each action that the code records has one, in both languages."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.contrib import admin
from django.utils import translation

from deliveries.models import PartnerRequest
from portal.accounts.audit import ACTIONS
from portal.accounts.audit_sentences import SENTENCES, sentence
from portal.accounts.job_admin import JobAdmin
from portal.accounts.models import AuditEntry

ROOT = Path(__file__).resolve().parents[2]
RECORDERS = {"record", "record_own", "_record"}
ACTION = re.compile(r"[a-z_]+(\.[a-z_]+)?\Z")


def entry(action: str, **details) -> AuditEntry:
    return AuditEntry(actor="anna@example.com", action=action, subject="bert@example.com", details=details)


def recorded() -> Iterator[tuple[str, ast.expr, ast.FunctionDef]]:
    """Walk the code for calls that write to the audit log: the file, the action's expression, the function around."""
    for package in ("portal", "campaigns", "deliveries", "reports"):
        for path in sorted((ROOT / package).rglob("*.py")):
            for function in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(function, ast.FunctionDef):
                    for call in ast.walk(function):
                        if isinstance(call, ast.Call) and _name(call.func) in RECORDERS:
                            yield from ((str(path), argument, function) for argument in call.args)


def _name(function: ast.expr) -> str:
    return function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")


def actions_of(expression: ast.expr, function: ast.FunctionDef) -> Iterator[str]:
    """Return the texts that the expression may be: a literal, or a name with literals in the same function."""
    if isinstance(expression, ast.Name):
        for node in ast.walk(function):
            if isinstance(node, ast.Assign) and any(_name(target) == expression.id for target in node.targets):
                yield from actions_of(node.value, function)
    elif isinstance(expression, ast.IfExp):
        yield from actions_of(expression.body, function)
        yield from actions_of(expression.orelse, function)
    elif isinstance(expression, ast.Constant) and isinstance(expression.value, str) and ACTION.match(expression.value):
        yield expression.value


def every_action() -> set[str]:
    found = {action for _path, expression, function in recorded() for action in actions_of(expression, function)}
    found.discard("requested")  # the part that follows "partner_id."
    jobs = [model._meta.model_name for model, shown in admin.site._registry.items() if isinstance(shown, JobAdmin)]
    found |= {f"{job}.{done}" for job in jobs for done in ("retried", "cancelled")}
    return found | {"partner_id.requested", *(f"partner_id.request_{state}" for state in PartnerRequest.State)} - {
        "partner_id.request_open"
    }


def test_actions_composed_by_the_code_are_the_known_ones():
    """An action that is put together is listed in `every_action` by hand; a new one fails here."""
    composed = {Path(path).name for path, expression, _function in recorded() if isinstance(expression, ast.JoinedStr)}

    assert composed == {"job_admin.py", "requests.py"}


def test_every_recorded_action_has_a_sentence():
    found = every_action()

    assert len(found) > 50
    assert (found - SENTENCES.keys(), SENTENCES.keys() - found, ACTIONS.keys() - SENTENCES.keys()) == (
        set(), set(), set(),
    )  # fmt: skip


def test_every_sentence_is_translated_with_the_same_values():
    wrong = []
    for action, text in SENTENCES.items():
        english, finnish = (_in(language, text) for language in ("en", "fi"))
        values = [sorted(re.findall(r"%\((\w+)\)s", words)) for words in (english, finnish)]
        if english == finnish or values[0] != values[1]:
            wrong.append(action)

    assert wrong == []


def _in(language: str, text) -> str:
    with translation.override(language):
        return str(text)


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "anna@example.com made bert@example.com an owner (before: Viewer)."),
        ("fi", "anna@example.com asetti henkilön bert@example.com haltijaksi (aiemmin: Katselija)."),
    ],
)
def test_role_is_told_with_its_article(language, words):
    with translation.override(language):
        assert sentence(entry("member.role", **{"from": "viewer", "to": "owner"})) == words


def test_numbers_lists_and_truths_are_in_words():
    texts = [
        sentence(entry("message.downloaded", messages=12345)),
        sentence(entry("admin.change", fields=["name", "slug"])),
        sentence(entry("provision", created=True)),
    ]

    assert texts == [
        "anna@example.com downloaded a list of messages. Messages: 12,345.",
        "anna@example.com (staff) changed: bert@example.com. Fields: name, slug",
        "anna@example.com set up bert@example.com. Created: yes",
    ]


@pytest.mark.parametrize(("action", "details"), [("member.role", {}), ("moon.landed", {"crew": 3})])
def test_unknown_action_and_missing_detail_are_readable(action, details):
    assert sentence(entry(action, **details)) == f"anna@example.com: {action} bert@example.com"


def test_page_shows_sentences_and_the_stored_values(client, tenant, owner):
    AuditEntry.objects.create(
        tenant=tenant, actor="anna@example.com", action="member.role", subject="bert@example.com",
        details={"from": "viewer", "to": "owner"},
    )  # fmt: skip
    client.force_login(owner)

    page = client.get("/t/nordic-retail/settings/audit/").content.decode()

    assert "anna@example.com made bert@example.com an owner (before: Viewer)." in page
    assert ("from: viewer, to: owner" in page, ">member.role<" in page) == (True, True)
