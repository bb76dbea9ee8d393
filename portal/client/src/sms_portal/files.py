"""A download that is either whole and at its place, or not there."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path
from types import TracebackType

from sms_portal.errors import FileDamaged


class Target:
    """A file that appears under its name only after all of it was written and its SHA-256 compared.

    It is readable for its owner alone, since it may hold phone numbers.
    """

    def __init__(self, path: Path | str, sha256: str | None) -> None:
        self.path = Path(path)
        self._wanted, self._hash = sha256, hashlib.sha256()

    def __enter__(self) -> Target:
        number, name = tempfile.mkstemp(prefix=f".{self.path.name}.", dir=self.path.parent)
        self._file, self._name = os.fdopen(number, "wb"), Path(name)
        return self

    def write(self, data: bytes) -> None:
        """Add a piece."""
        self._hash.update(data)
        self._file.write(data)

    def restart(self) -> None:
        """Forget what was written: the download begins again."""
        self._hash = hashlib.sha256()
        self._file.seek(0)
        self._file.truncate()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._file.close()
        try:
            if kind is None:
                if self._wanted is not None and self._hash.hexdigest() != self._wanted:
                    raise FileDamaged(f"{self.path}: its SHA-256 is not the one that the portal names")
                self._name.replace(self.path)
        finally:
            self._name.unlink(missing_ok=True)
