"""A gate with its figures in words, for the list and its own page."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from deliveries.gates.reading import GateFigures
from deliveries.gates_outbox.outcomes import Outcome, in_words
from deliveries.models import Gate


@dataclass(frozen=True, slots=True)
class GateRow:
    """A gate. `mark` is the class of its state's mark, `note` says more about the state."""

    gate: Gate
    figures: GateFigures
    state: str
    mark: str
    note: str
    newest: Outcome | None

    @property
    def p95_seconds(self) -> float | None:
        return None if self.figures.p95_ms is None else self.figures.p95_ms / 1000


def row_of(figures: GateFigures) -> GateRow:
    """Return the gate's row in the current language."""
    gate = figures.gate
    state, mark, note = str(gate.get_state_display()), "delivered", ""
    if gate.state == Gate.State.PAUSED:
        mark, note = "none", _("Deliveries are held.")
    elif gate.state == Gate.State.OFF:
        mark, note = "failed", str(gate.get_off_reason_display())
    elif gate.failing_since is not None:
        state, mark = _("Active, but failing"), "failed"
    newest = in_words(figures.newest.outcome) if figures.newest else None
    return GateRow(gate, figures, state, mark, note, newest)
