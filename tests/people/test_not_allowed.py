"""Pages name the actions that they hide, with the roles that may take them: all from the one table of rights."""

import re
from html import unescape

import pytest

from portal.accounts.models import Role
from portal.accounts.right_texts import RIGHT_TEXTS, who_may
from portal.accounts.roles import may
from tests.conftest import make_user
from tests.deliveries.helpers import apply
from tests.pages.searched import sent

PAGE = "/t/nordic-retail"
# address of a page: the right of each action on it, and how the action is offered
OFFERS = {
    f"{PAGE}/reports/": {
        "make_reports": r'<button [^>]*>Create (report now|next revision)|id="make"',
        "share_pages": None,  # offered beside a report that is ready
        "see_numbers": None,
    },
    f"{PAGE}/partner-ids/": {"declare_partner_ids": r'id="declare"'},
    f"{PAGE}/messages/": {"see_numbers": r"/messages/numbers/"},
    f"{PAGE}/messages/link-main/s/": {"reveal_numbers": None, "see_numbers": None},
}
SENTENCES = {"make_reports": "Analysts, managers and owners can create and remove reports."}
CASES = [(address, right) for address, offers in OFFERS.items() for right in offers]


@pytest.fixture
def stored(feed, tenant) -> None:
    apply(feed, sent("s", ago=1))


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize(("address", "right"), CASES)
def test_hidden_action_is_named_once_with_who_may(client, stored, tenant, role, address, right):
    client.force_login(make_user("reader@example.com", tenant, role))

    answer = client.get(address)
    if "/messages/" in address and role == Role.ACCOUNTANT:
        assert answer.status_code == 403
        return
    page = answer.content.decode()

    said = re.sub(r"\s+", " ", re.sub("<[^>]+>", "", unescape(page)))
    is_named = said.count(SENTENCES.get(right, f"{RIGHT_TEXTS[right]}: {who_may(right)}"))
    assert is_named == (not may([role], right))
    offer = OFFERS[address][right]
    if offer:
        assert bool(re.search(offer, page)) == may([role], right)
