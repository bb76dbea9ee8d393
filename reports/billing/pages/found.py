"""Tells what the views of statements share: finding one, and showing it in the page's language."""

from dataclasses import replace
from datetime import date
from typing import Any

from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language

from portal.accounts.access import PageRequest
from portal.common.periods import local_day
from portal.tenants.models import Tenant
from reports.billing.document import Document, has_einvoice
from reports.billing.files.sheets import LINES, VAT, facts, line_cells, party_lines, shown, sums, vat_cells
from reports.billing.files.texts import say, section_text, title_of
from reports.billing.masked import document_for
from reports.billing.opened import has_messages
from reports.billing.reading import lines_of, visible
from reports.models import Statement, StatementLine

MAX_ID = 2**63 - 1


def statement_or_404(request: PageRequest, statement_id: int) -> Statement:
    """Return a statement that the page's tenant issues or received."""
    return get_object_or_404(visible(request.access), id=min(statement_id, MAX_ID))


def own_statement_or_404(request: PageRequest, tenant: Tenant, statement_id: int) -> Statement:
    """Return a statement that the page's tenant issues."""
    found = statement_or_404(request, statement_id)
    if found.issuer_id != tenant.pk:
        raise Http404
    return found


def today_of(tenant: Tenant) -> date:
    return local_day(timezone.now(), tenant.timezone)


def in_page_language(request: PageRequest, statement: Statement, lines: list[StatementLine]) -> Document:
    """Return a statement whose texts are in the request's language; its files have the customer's."""
    return replace(document_for(request.access.masking, statement, lines), language=get_language() or "en")


def shown_statement(request: PageRequest, tenant: Tenant, statement: Statement) -> dict[str, Any]:
    """Return all that the page of a statement shows of it: the cells of its files."""
    lines = lines_of(statement)
    document = in_page_language(request, statement, lines)
    language = document.language
    rows = []
    for line, one in zip(lines, document.lines, strict=True):
        cells = {
            name.lower().replace(" ", "_"): shown(value, kind, document)
            for (name, kind), value in zip(LINES, line_cells(one, document), strict=True)
        }
        url = reverse("statements:line", args=[tenant.slug, statement.pk, line.pk]) if has_messages(line) else ""
        rows.append({"cells": cells, "section": section_text(one), "url": url, "price_list": line.list_name})
    return {
        "document": document,
        "title": title_of(document),
        "facts": [(label, shown(value, kind, document)) for label, value, kind in facts(document)],
        "seller": party_lines(document.seller, language),
        "buyer": party_lines(document.buyer, language),
        "rows": rows,
        "vat": [
            [shown(value, kind, document) for (_name, kind), value in zip(VAT, row, strict=True)]
            for row in vat_cells(document)
        ],
        "vat_heads": [say(name, language) for name, _kind in VAT],
        "sums": [(label, shown(value, "money", document)) for label, value in sums(document)],
        "has_einvoice": has_einvoice(document),
    }


def private(response: HttpResponse) -> HttpResponse:
    """Have nobody keep the answer."""
    response.headers["Cache-Control"] = "no-store, private"
    return response
