"""Rights of each role in sentences: on pages, in the docs, and where something is refused."""

from pathlib import Path

import pytest
from django.utils import translation

from portal.accounts.models import Role
from portal.accounts.right_texts import HOLDERS, RIGHT_TEXTS, ROLES, rights_table, who_may
from portal.accounts.roles import RIGHTS, may
from tests.people.conftest import MEMBERS

DOCS = Path(__file__).resolve().parents[2] / "docs" / "operations.md"


def as_markdown() -> list[str]:
    """Return the table as it stands in the docs."""
    with translation.override("en"):
        lines = [f"| Right | {' | '.join(str(role.label) for role in ROLES)} |", f"|---|{':-:|' * len(ROLES)}"]
        for row in rights_table():
            marks = " | ".join("yes" if one.is_allowed else "–" for one in row.roles)
            lines.append(f"| {row.text} | {marks} |")
    return lines


def test_every_right_and_role_has_a_sentence_in_both_languages():
    for language in ("en", "fi"):
        with translation.override(language):
            assert all(str(text) for text in (*RIGHT_TEXTS.values(), *HOLDERS.values()))
    with translation.override("fi"):
        finnish = [str(text) for text in RIGHT_TEXTS.values()]
    with translation.override("en"):
        assert not set(finnish) & {str(text) for text in RIGHT_TEXTS.values()}
    holders = {frozenset(role for role in Role if may([role], right)) for right in RIGHTS}
    assert (RIGHT_TEXTS.keys(), HOLDERS.keys()) == (RIGHTS.keys(), holders)


def test_table_follows_the_rights():
    shown = {str(row.text): [one.is_allowed for one in row.roles] for row in rights_table()}

    assert shown == {str(RIGHT_TEXTS[right]): [may([role], right) for role in ROLES] for right in RIGHTS}


def test_docs_have_the_same_table():
    lines = DOCS.read_text().split("## Roles\n")[1].split("\n## ")[0].splitlines()

    assert [line for line in lines if line.startswith("|")] == as_markdown()


@pytest.mark.parametrize("url", [MEMBERS, "/accounts/profile/"])
def test_pages_show_the_table(client, owner, url):
    client.force_login(owner)

    page = client.get(url).content.decode()

    assert "What each role may do" in page
    assert [right for right, text in RIGHT_TEXTS.items() if str(text) not in page] == []


@pytest.mark.parametrize(
    ("who", "url", "right"),
    [
        ("manager", MEMBERS, "manage_members"),
        ("manager", "/t/nordic-retail/settings/audit/", "see_audit_log"),
        ("analyst", "/t/nordic-retail/settings/", "change_settings"),
        ("viewer", "/t/nordic-retail/settings/api-keys/", "manage_api_keys"),
    ],
)
def test_refusal_says_which_roles_may(client, request, tenant, who, url, right):
    client.force_login(request.getfixturevalue(who))

    answer = client.get(url)

    assert (answer.status_code, who_may(right) in answer.content.decode()) == (403, True)


def test_settings_say_who_sets_what_is_hidden(client, tenant, manager, owner):
    pages = []
    for person in (manager, owner):
        client.force_login(person)
        pages.append(client.get("/t/nordic-retail/settings/").content.decode())

    told = [
        (str(RIGHT_TEXTS[right]) in page, who_may(right) in page) for page in pages for right in ("change_security",)
    ]
    assert told == [(True, True), (False, False)]
