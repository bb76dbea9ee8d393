"""The palette's search by a phone number, by the rules of Message Search."""

from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from deliveries.message_pages import number_lists
from deliveries.message_pages.presenter import MessagePresenter, MessageRow
from deliveries.search.find import MessageQuery, SearchTooSlow, search
from deliveries.search.number_searches import TooManyNumberSearches, count_number_searches
from portal.accounts.access import PageRequest
from portal.common.any_text import address_of
from portal.common.msisdn import is_readable, read_number
from portal.tenants.models import Tenant

SECONDS = 8.0
SHOWN = 25


@dataclass(frozen=True, slots=True)
class Found:
    """Messages to the number, newest first; `list_id` of a list of numbers instead, for people who see numbers.

    `problem` is why nothing was searched, `status` that of the answer.
    """

    rows: list[MessageRow] = field(default_factory=list)
    has_more: bool = False
    list_id: str = ""
    problem: str = ""
    status: int = 200


def search_number(request: PageRequest, tenant: Tenant, text: str) -> Found:
    """Search the messages to a number: recorded and limited for people who see masked numbers."""
    access = request.access
    if not is_readable(read_number(text, tenant.country).text):
        return Found(problem=_("This is no phone number."), status=422)
    if access.masking.in_full:
        numbers = number_lists.parse(text, country=tenant.country)
        return Found(list_id=number_lists.keep(request, numbers))
    try:
        count_number_searches(request, [("number", text)], tenant=tenant)
        query = MessageQuery(tenant_ids=access.tenant_ids, number=text, number_country=tenant.country)
        page = search(query, size=SHOWN, seconds=SECONDS)
    except TooManyNumberSearches as error:
        return Found(problem=error.text, status=429)
    except SearchTooSlow:
        return Found(problem=_("The search took too long"))

    def link(account: str, message_id: str) -> str:
        return address_of("messages:message", tenant.slug, account=account, id=message_id)

    presenter = MessagePresenter(page.messages, page.campaigns, masking=access.masking, link=link)
    return Found([presenter.row(message) for message in page.messages], has_more=page.next_cursor is not None)
