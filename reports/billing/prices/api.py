"""/api/v1/price-lists/: price lists listed, created, read, changed and archived."""

from dataclasses import replace
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.http import Http404
from django.utils import timezone
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from portal.accounts.access import Access
from portal.api.bodies import checked
from portal.api.operations import BILLING, Operation
from portal.api.pages import LISTED, PAGE_EXAMPLE, page_of
from portal.api.parameters import Parameter
from portal.api.problems import BadField, BadFields, Conflict
from portal.api.views import ApiView
from portal.tenants.models import Tenant
from reports.billing.prices import changing
from reports.billing.prices.reading import accounts_of, content_of
from reports.billing.prices.rest_examples import LIST, NEW, ROWS
from reports.billing.prices.rest_rows import rows_shown
from reports.billing.prices.rest_serializers import (
    ChangePriceListBody,
    NewPriceListBody,
    PriceListAnswer,
    PriceListRowsAnswer,
    PriceListsAnswer,
)
from reports.billing.prices.texts import LIST_PROBLEMS
from reports.models import PriceList

LIST_PATH = {
    "price_list_id": Parameter(name="price_list_id", text="The list's `id`.", kind="number", example=17)
}  # fmt: skip


class PriceListsView(ApiView):
    """The price lists that the key may see, newest first. POST creates one."""

    operations = {
        "GET": Operation(
            id="list_price_lists",
            tag="Price lists",
            summary="List price lists",
            text=(
                "The lists that the key's tenant and all below it issue, those by which they are charged, and the cost"
                " lists of their own gateway accounts; newest first. A key of an account has none."
            ),
            scope=BILLING,
            parameters=(
                Parameter(name="issuer", text="Only of this issuer, by slug.", example="nordic-retail"),
                Parameter(
                    name="kind",
                    text="Only of this kind.",
                    kind="choice",
                    choices=tuple(PriceList.Kind.values),
                    example="sale",
                ),
                Parameter(
                    name="archived",
                    text="Whether archived lists are listed instead of the others, or `all`.",
                    kind="choice",
                    choices=("yes", "no", "all"),
                    default="no",
                ),
                *LISTED,
            ),
            sample={"kind": "sale"},
            answer=PriceListsAnswer,
            answer_text="A page of lists.",
            answer_example=PAGE_EXAMPLE | {"data": [LIST]},
        ),
        "POST": Operation(
            id="create_price_list",
            tag="Price lists",
            summary="Create a price list",
            text=(
                "Create an empty list of the key's tenant, or of one below it: for a customer directly below the"
                " issuer, as the default of all of these, or of the gateway's charges for an account that the issuer"
                " owns. Where there is one already, it is a conflict."
            ),
            scope=BILLING,
            body=NewPriceListBody,
            body_example=NEW,
            answer=PriceListAnswer,
            answer_text="The new list; `Location` is its URL.",
            answer_example=LIST | {"revision": 1},
            status=201,
            headers={"Location": "The list's address."},
            problems=("conflict",),
        ),
    }

    def get(self, request: Request) -> Response:
        lists = visible(self.access)
        if issuer := self.given.text("issuer"):
            lists = lists.filter(issuer__slug=issuer)
        if kind := self.given.choice("kind"):
            lists = lists.filter(kind=kind)
        if (archived := self.given.choice("archived")) != "all":
            lists = lists.filter(archived_at__isnull=archived == "no")
        return self.answer(page_of(lists, self.given, self.access, lambda page: [_shown(one) for one in page]))

    def post(self, request: Request) -> Response:
        own = _owner(self.access)
        data = checked(NewPriceListBody, request.data)
        issuer = _tenant(self.access, "issuer", data["issuer"]) if "issuer" in data else own
        customer = _tenant(self.access, "customer", data["customer"]) if "customer" in data else None
        account = None
        if "account" in data:
            account = accounts_of(issuer).filter(name=data["account"].replace("\0", "")).first()
            if account is None:
                raise BadField("account", "no gateway account of this name that the issuer owns")
        terms = changing.Terms(data["name"].strip(), data.get("basis", "sent"), data.get("per", "part"))
        try:
            made = changing.create_list(
                issuer=issuer, terms=terms, currency=data["currency"], actor=str(self.access.key), now=timezone.now(),
                account=account, customer=customer,
            )  # fmt: skip
        except changing.NoList as error:
            if error.code == "exists":
                raise Conflict(str(LIST_PROBLEMS["exists"])) from error
            raise BadField(error.code, str(LIST_PROBLEMS[error.code])) from error
        except ValidationError as error:
            raise _bad_fields(error) from error
        return self.answer(_shown(made), Location=request.build_absolute_uri(f"{request.path}{made.pk}/"))


class PriceListView(ApiView):
    """One price list."""

    http_method_names = ["get", "head", "options", "patch", "delete"]
    operations = {
        "GET": Operation(
            id="get_price_list",
            tag="Price lists",
            summary="One price list",
            text="A list with all its rows: those of today, planned ones and ended ones.",
            scope=BILLING,
            path=LIST_PATH,
            answer=PriceListRowsAnswer,
            answer_text="The list.",
            answer_example=LIST | ROWS,
        ),
        "PATCH": Operation(
            id="change_price_list",
            tag="Price lists",
            summary="Change the terms of a price list",
            text=(
                "Change the name, or what is charged; fields that are left out stay. Issued statements stay as they"
                " are. An archived list is a conflict."
            ),
            scope=BILLING,
            path=LIST_PATH,
            body=ChangePriceListBody,
            body_example={"name": "Prices of 2027", "basis": "delivered"},
            answer=PriceListAnswer,
            answer_text="The list as it is now.",
            answer_example=LIST | {"name": "Prices of 2027", "basis": "delivered"},
            problems=("conflict",),
        ),
        "DELETE": Operation(
            id="archive_price_list",
            tag="Price lists",
            summary="Archive a price list",
            text="An archived list charges nothing any more, for no day. It stays readable. A second call is harmless.",
            scope=BILLING,
            path=LIST_PATH,
            answer=PriceListAnswer,
            answer_text="The archived list.",
            answer_example=LIST | {"archived_at": "2026-11-30T09:00:00Z"},
        ),
    }

    def get(self, request: Request, price_list_id: int) -> Response:
        found = found_list(visible(self.access), price_list_id)
        return self.answer(_shown(found) | rows_shown(content_of(found), found.currency))

    def patch(self, request: Request, price_list_id: int) -> Response:
        found = found_list(own_lists(self.access), price_list_id)
        data = self.body(request, is_partial=True)
        if found.archived_at is not None:
            raise Conflict("The list is archived: it cannot be changed.")
        stripped = {"name": data["name"].strip()} if "name" in data else {}
        terms = replace(changing.Terms.of(found), **data | stripped)
        try:
            changing.change_terms(found, terms, actor=str(self.access.key), now=timezone.now())
        except ValidationError as error:
            raise _bad_fields(error) from error
        return self.answer(_shown(found_list(own_lists(self.access), price_list_id)))

    def delete(self, request: Request, price_list_id: int) -> Response:
        found = found_list(own_lists(self.access), price_list_id)
        changing.archive(found, actor=str(self.access.key), now=timezone.now())
        return self.answer(_shown(found_list(own_lists(self.access), price_list_id)))


def visible(access: Access) -> QuerySet[PriceList]:
    """Return the lists that the key may see. Raises PermissionDenied for the key of a whole account."""
    _owner(access)
    parents = set(Tenant.objects.filter(id__in=access.tenant_ids).values_list("parent_id", flat=True))
    of_issuers = Q(issuer__in=parents - {None}) | (Q(issuer=None) if None in parents else Q(pk__in=()))
    given = Q(kind=PriceList.Kind.SALE) & of_issuers & (Q(customer=None) | Q(customer__in=access.tenant_ids))
    return _related(PriceList.objects.filter(Q(issuer__in=access.tenant_ids) | given))


def own_lists(access: Access) -> QuerySet[PriceList]:
    """Return the lists that the key's tenants issue."""
    _owner(access)
    return _related(PriceList.objects.filter(issuer__in=access.tenant_ids))


def _related(lists: QuerySet[PriceList]) -> QuerySet[PriceList]:
    return lists.select_related("issuer", "account", "customer").defer("account__created_at")


def found_list(lists: QuerySet[PriceList], price_list_id: int) -> PriceList:
    """Return the list with this id. Raises Http404."""
    found = lists.filter(pk=min(price_list_id, 2**63 - 1)).first()
    if found is None:
        raise Http404
    return found


def _bad_fields(error: ValidationError) -> BadFields:
    faults = [(f"#/{name}", " ".join(texts)) for name, texts in error.message_dict.items()]
    return BadFields("; ".join(f"{at[2:]}: {text}" for at, text in faults), faults)


def _owner(access: Access) -> Tenant:
    if access.account is not None or access.tenant is None:
        raise PermissionDenied("Price lists belong to a customer: use a key of the customer, not of an account.")
    return access.tenant


def _tenant(access: Access, field: str, slug: str) -> Tenant:
    mine = Tenant.objects.filter(id__in=access.tenant_ids, kind=Tenant.Kind.CUSTOMER)
    tenant = mine.filter(slug=slug).first() if "\0" not in slug else None
    if tenant is None:
        raise BadField(field, "no tenant of this name that the key may see")
    return tenant


def _shown(one: PriceList) -> dict[str, Any]:
    names = ("id", "kind", "name", "currency", "basis", "per", "revision", "updated_at", "archived_at")
    return {name: getattr(one, name) for name in names} | {
        "issuer": one.issuer.slug if one.issuer else None,
        "customer": one.customer.slug if one.customer else None,
        "account": one.account.name if one.account else None,
    }
