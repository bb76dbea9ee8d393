"""The audit log in sentences: each action that the code records has one, in both languages."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.contrib import admin
from django.utils import translation

from deliveries.models import PartnerRequest
from portal.accounts.audit_actions import ACTIONS
from portal.accounts.audit_sentences import SENTENCES, sentence
from portal.accounts.job_admin import JobAdmin
from portal.accounts.models import AuditEntry

ROOT = Path(__file__).resolve().parents[2]
RECORDERS = {"record", "record_download", "record_own", "_record"}
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


def test_every_recorded_action_has_a_sentence_and_a_name():
    found = every_action()

    assert len(found) > 50
    assert (found - SENTENCES.keys(), SENTENCES.keys() - found, ACTIONS.keys() ^ SENTENCES.keys()) == (
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


def test_every_name_of_an_action_is_translated():
    assert [action for action, text in ACTIONS.items() if _in("en", text) == _in("fi", text)] == []


def _in(language: str, text) -> str:
    with translation.override(language):
        return str(text)


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", "anna@example.com made bert@example.com an owner (before: Viewer)."),
        ("fi", "anna@example.com asetti henkilön bert@example.com omistajaksi (aiemmin: Katselija)."),
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
        "anna@example.com (staff) changed: bert@example.com. Fields: Name, slug",
        "anna@example.com set up bert@example.com. Created: yes",
    ]


@pytest.mark.parametrize(
    ("subject", "details", "english", "finnish"),
    [
        (
            "tenant nordic-retail", {"created": True},
            "The operator's setup file added the customer nordic-retail.",
            "Ylläpidon asetustiedosto lisäsi asiakkaan nordic-retail.",
        ),
        (
            "tenant nordic-retail", {"changed": ["timezone", "ref_id"]},
            "The operator's setup file changed the customer nordic-retail. Changed: Time zone, How refIds are read.",
            "Ylläpidon asetustiedosto muutti asiakasta nordic-retail."
            " Muutettu: Aikavyöhyke, Miten refId-tunnukset luetaan.",
        ),
        (
            "user bert@example.com", {"created": True, "role": "viewer"},
            "The operator's setup file made bert@example.com a viewer.",
            "Ylläpidon asetustiedosto asetti henkilön bert@example.com katselijaksi.",
        ),
        (
            "feed link-main/main", {"token_added": True},
            "The operator's setup file added a token to the feed link-main/main.",
            "Ylläpidon asetustiedosto lisäsi tunnisteen syötteeseen link-main/main.",
        ),
    ],
)  # fmt: skip
def test_setup_files_are_told_in_sentences(subject, details, english, finnish):
    done = AuditEntry(actor="command provision", action="provision", subject=subject, details=details)
    for language, words in (("en", english), ("fi", finnish)):
        with translation.override(language):
            assert sentence(done) == words


def test_programs_and_months_are_in_words():
    asked = AuditEntry(actor="schedule", action="report.request", subject="2026-09", details={"kind": "final"})
    by_command = AuditEntry(actor="command monthly_report", action="report.request", subject="2026-09", details={})
    removed = AuditEntry(
        actor="a@example.com", action="report.removed", subject="2019-01-shop 2026-10", details={"revisions": [1, 2]}
    )
    told = {}
    for language in ("en", "fi"):
        with translation.override(language):
            told[language] = [sentence(one) for one in (asked, by_command, removed)]

    assert told == {
        "en": [
            "The portal requested the report for September 2026.",
            "The operator's command monthly_report requested the report for September 2026.",
            "a@example.com removed the report for 2019-01-shop October 2026. Revisions: 1, 2.",
        ],
        "fi": [
            "Portaali pyysi raportin: syyskuu 2026.",
            "Ylläpidon komento monthly_report pyysi raportin: syyskuu 2026.",
            "a@example.com poisti raportin: 2019-01-shop lokakuu 2026. Julkaisut: 1, 2.",
        ],
    }


def test_filters_of_the_page_name_programs_in_words(client, tenant, owner):
    for actor in ("command provision", "schedule", "move"):
        AuditEntry.objects.create(tenant=tenant, actor=actor, action="provision", subject="x", details={})
    client.force_login(owner)

    page = client.get("/t/nordic-retail/settings/audit/", {"actor": "command provision"})

    assert sorted(one.words for one in page.context["people"]) == [
        "The operator's setup file", "The portal (move)", "The portal (schedule)",
    ]  # fmt: skip
    assert "· The operator&#x27;s setup file</h2>" in page.content.decode()


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
