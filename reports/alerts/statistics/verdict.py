"""Verdict of a look at one part of the messages."""

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """Finding of a look: unusual, usual, or too little to tell."""

    BAD = "bad"
    GOOD = "good"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Verdict:
    """The value now and the usual one: a share, a number of messages, or seconds. None where they are not known."""

    state: State
    now: float | None = None
    usual: float | None = None
    messages: int = 0
    chance: float | None = None  # of such a value in usual traffic


UNKNOWN = Verdict(State.UNKNOWN)
