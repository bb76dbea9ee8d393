"""Receivers to copy, in the languages that customers use: they check the signature and take each report once.

Pages and docs/gates.md show the same files.
"""

from functools import cache
from pathlib import Path

from msgspec import Struct

_FOLDER = Path(__file__).parent


class Receiver(Struct, frozen=True):
    """A receiver's code and its file's name."""

    language: str
    file_name: str
    code: str


@cache
def receivers() -> tuple[Receiver, ...]:
    """Return all receivers."""
    files = {"Python": "receiver.py.txt", "JavaScript": "receiver.mjs", "PHP": "receiver.php", "C#": "Program.cs"}
    return tuple(
        Receiver(language, name.removesuffix(".txt"), (_FOLDER / name).read_text(encoding="utf-8"))
        for language, name in files.items()
    )
