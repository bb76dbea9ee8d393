"""/api/v1/gates/: gates listed, created, read, changed and deleted."""

from django.db.models import QuerySet
from django.http import Http404
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response

from deliveries.gates import changing
from deliveries.gates.changing import GateRefused
from deliveries.gates.reading import gates_of_tenants
from deliveries.gates.rest import bodies
from deliveries.gates.rest.examples import CREATED, GATE, NEW
from deliveries.gates.rest.serializers import ChangeGateBody, GateAnswer, GatesAnswer, NewGateAnswer, NewGateBody
from deliveries.gates.rest.shown import gate_shown, gates_shown
from deliveries.models import Gate
from portal.accounts.access import Access
from portal.api.bodies import checked
from portal.api.operations import GATES, Operation
from portal.api.pages import LISTED, PAGE_EXAMPLE, page_of
from portal.api.parameters import TENANT, Parameter
from portal.api.problems import BadField
from portal.api.views import ApiView
from portal.tenants.models import Tenant

GATE_PATH = {"gate_id": Parameter(name="gate_id", text="The gate's `id`.", example="BVldZyQt01")}


class GatesView(ApiView):
    """The gates of the key's tenants, newest first. POST creates one."""

    operations = {
        "GET": Operation(
            id="list_gates",
            tag="Gates",
            summary="List gates",
            text=(
                "The gates of the key's tenant and of all below it, newest first, with their state, the requests of the"
                " last 24 hours and what waits. Gates belong to tenants: an account's key has none."
            ),
            scope=GATES,
            parameters=(
                TENANT,
                Parameter(
                    name="state",
                    text="Only with this state.",
                    kind="choice",
                    choices=tuple(Gate.State.values),
                    example="active",
                ),
                *LISTED,
            ),
            sample={"state": "active"},
            answer=GatesAnswer,
            answer_text="A page of gates.",
            answer_example=PAGE_EXAMPLE | {"data": [GATE]},
        ),
        "POST": Operation(
            id="create_gate",
            tag="Gates",
            summary="Create a gate",
            text=(
                "Create a gate, which sends reports that arrive from now on. The response has its signing secret, which"
                " is not shown again. A reference that another gate of the same partner IDs has, or one gate too many,"
                " is a conflict."
            ),
            scope=GATES,
            body=NewGateBody,
            body_example=NEW,
            answer=NewGateAnswer,
            answer_text="The new gate with its secret; `Location` is its URL.",
            answer_example=CREATED,
            status=201,
            headers={"Location": "The gate's address."},
            problems=("conflict",),
        ),
    }

    def get(self, request: Request) -> Response:
        gates = visible(self.access)
        if (asked := self.given.tenants(self.access)) is not None:
            gates = gates.filter(tenant_id__in=asked.values())
        if state := self.given.choice("state"):
            gates = gates.filter(state=state)
        return self.answer(page_of(gates, self.given, self.access, lambda page: gates_shown(page, self.access)))

    def post(self, request: Request) -> Response:
        customer = owner(self.access)
        data = checked(NewGateBody, request.data)
        tenant = _tenant(self.access, data["tenant"]) if "tenant" in data else customer
        try:
            made = changing.create(tenant, bodies.new_gate(data, tenant), actor=str(self.access.key))
        except GateRefused as error:
            raise bodies.refused(error) from error
        answer = gate_shown(gate_of(self.access, made.gate.public_id), self.access)
        return self.answer(answer | {"secret": made.secret}, Location=answer["url"])


class GateView(ApiView):
    """One gate."""

    http_method_names = ["get", "head", "patch", "delete"]
    operations = {
        "GET": Operation(
            id="get_gate",
            tag="Gates",
            summary="One gate",
            text="A gate with its state, the requests of the last 24 hours and what waits. Secrets are masked.",
            scope=GATES,
            path=GATE_PATH,
            answer=GateAnswer,
            answer_text="The gate.",
            answer_example=GATE,
        ),
        "PATCH": Operation(
            id="change_gate",
            tag="Gates",
            summary="Change a gate",
            text=(
                "Change the fields that are given; others stay, also within `filter`. `destinations` replaces the list;"
                " a field that is absent of a destination stays as it is stored for the same URL, password and headers"
                " included. Secrets never go to another URL: give them again there. Deliveries that wait are sent as"
                " the gate is now."
            ),
            scope=GATES,
            path=GATE_PATH,
            body=ChangeGateBody,
            body_example={"throttle": 20, "filter": {"countries": ["FI", "SE"]}},
            answer=GateAnswer,
            answer_text="The gate as it is now.",
            answer_example=GATE | {"throttle": 20, "filter": GATE["filter"] | {"countries": ["FI", "SE"]}},
            problems=("conflict",),
        ),
        "DELETE": Operation(
            id="delete_gate",
            tag="Gates",
            summary="Delete a gate",
            text=(
                "Delete a gate with the deliveries that wait; the response is the gate as it was. Its attempts are kept"
                " for their 30 days at their messages."
            ),
            scope=GATES,
            path=GATE_PATH,
            answer=GateAnswer,
            answer_text="The deleted gate.",
            answer_example=GATE,
        ),
    }

    def get(self, request: Request, gate_id: str) -> Response:
        return self.answer(gate_shown(gate_of(self.access, gate_id), self.access))

    def patch(self, request: Request, gate_id: str) -> Response:
        gate = gate_of(self.access, gate_id)
        data = checked(ChangeGateBody, request.data, is_partial=True)
        try:
            changing.change(gate, bodies.changed_gate(data, gate), actor=str(self.access.key))
        except GateRefused as error:
            raise bodies.refused(error) from error
        return self.answer(gate_shown(gate_of(self.access, gate_id), self.access))

    def delete(self, request: Request, gate_id: str) -> Response:
        gate = gate_of(self.access, gate_id)
        answer = self.answer(gate_shown(gate, self.access))
        changing.delete(gate, actor=str(self.access.key))
        return answer


def owner(access: Access) -> Tenant:
    """Return the customer of the key. Raises PermissionDenied for the key of a whole account."""
    if access.account is not None or access.tenant is None:
        raise PermissionDenied("Gates belong to a customer: use a key of the customer, not of an account.")
    return access.tenant


def visible(access: Access) -> QuerySet[Gate]:
    """Return the gates that the key may see. Raises PermissionDenied for the key of a whole account."""
    owner(access)
    return gates_of_tenants(access.tenant_ids)


def gate_of(access: Access, gate_id: str) -> Gate:
    """Return one of them by its id. Raises Http404."""
    gate = visible(access).filter(public_id=gate_id).first()
    if gate is None:
        raise Http404
    return gate


def _tenant(access: Access, slug: str) -> Tenant:
    """Return the customer that the body names."""
    mine = Tenant.objects.filter(id__in=access.tenant_ids, kind=Tenant.Kind.CUSTOMER)
    tenant = mine.filter(slug=slug).first() if "\0" not in slug else None
    if tenant is None:
        raise BadField("tenant", "no tenant of this name that the key may see")
    return tenant
