"""/api/v1/gates/<id>/…: pausing, resuming, testing, and a new secret."""

from rest_framework.request import Request
from rest_framework.response import Response

from deliveries.gates import changing
from deliveries.gates.rest.examples import GATE, PAUSED, ROTATED, TESTED
from deliveries.gates.rest.gates_api import GATE_PATH, gate_of
from deliveries.gates.rest.serializers import GateAnswer, NoFields, SecretAnswer, TestAnswer
from deliveries.gates.rest.shown import gate_shown, test_shown
from deliveries.gates.testing import TooManyTests, send_test
from deliveries.models import Gate
from portal.api.bodies import checked
from portal.api.operations import GATES, Operation
from portal.api.problems import TooManyRequests
from portal.api.views import ApiView


class ActionView(ApiView):
    """Base of views that do something with a gate; the body is `{}`."""

    http_method_names = ["post"]

    def gate(self, request: Request, gate_id: str) -> Gate:
        """Return the gate and check that the body is empty."""
        gate = gate_of(self.access, gate_id)
        checked(NoFields, request.data)
        return gate


class PauseView(ActionView):
    """Pausing a gate."""

    operations = {
        "POST": Operation(
            id="pause_gate",
            tag="Gates",
            summary="Pause a gate",
            text=(
                "Hold the gate's deliveries: nothing is sent or lost, and their time to live stands still. A gate that"
                " is paused or off stays as it is."
            ),
            scope=GATES,
            path=GATE_PATH,
            body=NoFields,
            body_example={},
            answer=GateAnswer,
            answer_text="The gate as it is now.",
            answer_example=PAUSED,
        )
    }

    def post(self, request: Request, gate_id: str) -> Response:
        changing.pause(self.gate(request, gate_id), actor=str(self.access.key))
        return self.answer(gate_shown(gate_of(self.access, gate_id), self.access))


class ResumeView(ActionView):
    """Resuming a gate."""

    operations = {
        "POST": Operation(
            id="resume_gate",
            tag="Gates",
            summary="Resume a gate",
            text="Send what a gate held that was paused or switched off, and go on. An active gate stays as it is.",
            scope=GATES,
            path=GATE_PATH,
            body=NoFields,
            body_example={},
            answer=GateAnswer,
            answer_text="The gate as it is now.",
            answer_example=GATE,
        )
    }

    def post(self, request: Request, gate_id: str) -> Response:
        changing.resume(self.gate(request, gate_id), actor=str(self.access.key))
        return self.answer(gate_shown(gate_of(self.access, gate_id), self.access))


class TestView(ActionView):
    """Testing a gate."""

    __test__ = False

    operations = {
        "POST": Operation(
            id="test_gate",
            tag="Gates",
            summary="Test a gate",
            text=(
                "Send the newest report that the gate would send to each of its destinations at once, or a made-up one"
                " if no recent message passes its filter. The response has each request and its answer, after at most"
                " ten seconds. A test is recorded as an attempt with the number 0; it changes neither the gate's state"
                " nor its figures. The tests of a tenant are limited: see `Retry-After`."
            ),
            scope=GATES,
            path=GATE_PATH,
            body=NoFields,
            body_example={},
            answer=TestAnswer,
            answer_text="The result, whether the destinations took it or not.",
            answer_example=TESTED,
        )
    }

    def post(self, request: Request, gate_id: str) -> Response:
        try:
            result = send_test(self.gate(request, gate_id), actor=str(self.access.key))
        except TooManyTests as error:
            raise TooManyRequests(str(error), wait=error.wait) from error
        return self.answer(test_shown(result, self.access.masking))


class RotateSecretView(ActionView):
    """Giving a gate a new signing secret."""

    operations = {
        "POST": Operation(
            id="rotate_gate_secret",
            tag="Gates",
            summary="Replace the signing secret",
            text=(
                "Give the gate a new signing secret, which is shown this once. For 24 hours each request carries a"
                " signature by each of the two. A second rotation within them ends the oldest."
            ),
            scope=GATES,
            path=GATE_PATH,
            body=NoFields,
            body_example={},
            answer=SecretAnswer,
            answer_text="The new secret.",
            answer_example=ROTATED,
        )
    }

    def post(self, request: Request, gate_id: str) -> Response:
        secret = changing.rotate_secret(self.gate(request, gate_id), actor=str(self.access.key))
        until = gate_of(self.access, gate_id).old_secret_until
        return self.answer({"secret": secret, "old_secret_until": until})
