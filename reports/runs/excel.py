"""The page that explains how Excel refreshes figures by itself, with the text of the query to copy."""

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from portal.accounts.access import PageRequest
from portal.accounts.guards import member_may
from portal.tenants.models import Tenant
from reports.runs.odc import connection_file

_COLUMNS = {  # of the query: what Excel takes for a number; everything else stays a text
    "messages": "Int64.Type", "parts": "Int64.Type", "delivered": "Int64.Type", "failed": "Int64.Type",
    "pending": "Int64.Type", "unknown": "Int64.Type", "delivery_rate": "type number",
}  # fmt: skip
_NAME = "MessageStatistics"
_ASKED = {"period": "90d", "group_by": "day,country", "format": "csv"}


@require_safe
@member_may("see_figures")
def excel_page(request: PageRequest, tenant: Tenant) -> HttpResponse:
    """Explain the connection in five steps."""
    context = {
        "page": "reports",
        "query": power_query(_address()),
        "may_make_keys": request.access.may("manage_api_keys"),
    }
    return render(request, "reports/excel.html", context)


@require_safe
@member_may("see_figures")
def excel_connection(request: PageRequest, tenant: Tenant) -> HttpResponse:
    """Hand out the query as a connection file; it holds no key."""
    response = HttpResponse(connection_file(power_query(_address()), name=_NAME), content_type="text/x-ms-odc")
    response.headers["Content-Disposition"] = f'attachment; filename="{_NAME}.odc"'
    return response


def _address() -> str:
    return f"{settings.PUBLIC_URL}{reverse('api:statistics')}"


def power_query(address: str) -> str:
    """Return the query in Power Query's language M. The key is no part of it: it is a parameter of the workbook.

    Types are read in the culture en-US, so that decimal points and ISO dates are right in every country. `Web.Contents`
    gets the address's host apart from its path, or services that refresh workbooks refuse it.
    """
    base, path = address.rsplit("/api/", 1)
    types = [f'        {{"{name}", {kind}}}' for name, kind in ({"day": "type date"} | _COLUMNS).items()]
    asked = ", ".join(f"{name} = {_text(value)}" for name, value in _ASKED.items())
    return "\n".join(
        [
            "let",
            f"    Source = Web.Contents({_text(base)}, [",
            f"        RelativePath = {_text(f'api/{path}')},",
            f"        Query = [{asked}],",
            '        Headers = [Authorization = "Bearer " & ApiKey]',
            "    ]),",
            '    Lines = Csv.Document(Source, [Delimiter = ",", Encoding = 65001, QuoteStyle = QuoteStyle.Csv]),',
            "    Named = Table.PromoteHeaders(Lines, [PromoteAllScalars = true]),",
            "    Typed = Table.TransformColumnTypes(Named, {",
            ",\n".join(types),
            '    }, "en-US")',
            "in",
            "    Typed",
        ]
    )


def _text(text: str) -> str:
    """Return a text as M writes it."""
    doubled = text.replace('"', '""')
    return f'"{doubled}"'
