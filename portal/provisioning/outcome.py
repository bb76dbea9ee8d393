"""Outcome of a provisioning run: its changes, or the problems that prevented it."""

from dataclasses import dataclass, field

from portal.provisioning.positions import Problem


class ProvisionError(Exception):
    """The file cannot be used; nothing was written. `str()` has one line per problem, in the file's order."""

    def __init__(self, problems: list[Problem], filename: str) -> None:
        super().__init__("\n".join(problem.located(filename) for problem in problems))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token that was made for a feed (`account/name`); it is stored as a digest and can never be read again."""

    feed: str
    token: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Move:
    """A queued move of a platformPartnerId's messages; `waiting` is how many there were when it was queued."""

    move_id: int
    partner: str
    tenant: str
    waiting: int


@dataclass(slots=True)
class Outcome:
    """`changes` has a line per thing created or changed; `notes` what was left as it is and should be known."""

    changes: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    tokens: list[NewToken] = field(default_factory=list)
    moves: list[Move] = field(default_factory=list)
