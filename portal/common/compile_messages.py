"""Translations made ready: locale/*/LC_MESSAGES/django.po to .mo by Babel, so gettext need not be installed."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

LOCALE = Path(__file__).resolve().parents[2] / "locale"


def compile_messages(locale: Path = LOCALE) -> list[Path]:
    """Compile every django.po that is newer than its .mo; return the .mo files written.

    Raises ValueError for a file that is broken or whose placeholders differ from the original's.
    """
    written = []
    for po in sorted(locale.glob("*/LC_MESSAGES/django.po")):
        mo = po.with_suffix(".mo")
        if not mo.exists() or mo.stat().st_mtime <= po.stat().st_mtime:
            _compile(po, mo)
            written.append(mo)
    return written


def _compile(po: Path, mo: Path) -> None:
    with po.open("rb") as file:
        catalog = read_po(file, locale=po.parts[-3], abort_invalid=True)
    for message, errors in catalog.check():
        raise ValueError(f"{po}:{message.lineno}: {'; '.join(str(error) for error in errors)}")
    new = mo.with_name(f"django.mo.{os.getpid()}")
    with new.open("wb") as file:
        write_mo(file, catalog)
    new.replace(mo)  # a running portal never reads half a file


if __name__ == "__main__":
    try:
        compile_messages()
    except (ValueError, OSError) as error:
        sys.exit(f"The translations could not be compiled: {error}")
