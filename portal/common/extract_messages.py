"""Collects texts for translation from Python and templates into locale/*/LC_MESSAGES/django.po, with Babel.

`python -m portal.common.extract_messages` updates the files: new texts are added empty, unused ones are deleted.
"""

from __future__ import annotations

import ast
import io
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_python
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ("portal", "campaigns", "deliveries", "reports", "templates")
LINE = 120

KEYWORDS = {
    **DEFAULT_KEYWORDS,
    **{f"{name}_lazy": spec for name, spec in DEFAULT_KEYWORDS.items()},
}


def extract(root: Path = ROOT) -> Catalog:
    """Return every text marked for translation below `root`, sorted by file and line."""
    catalog = Catalog(project="SMS reports", charset="utf-8", fuzzy=False)
    for source in SOURCES:
        for path in sorted((root / source).rglob("*")):
            if path.suffix in (".py", ".html", ".txt"):
                for message, context in _messages(path):
                    catalog.add(message, context=context, locations=[(str(path.relative_to(root)), None)])
    return catalog


def update(root: Path = ROOT) -> None:
    """Update every django.po below `root` with the extracted texts."""
    template = extract(root)
    for po in sorted(root.glob("locale/*/LC_MESSAGES/django.po")):
        with po.open("rb") as file:
            catalog = read_po(file, locale=po.parts[-3])
        catalog.update(template, no_fuzzy_matching=True, update_creation_date=False)
        catalog.obsolete.clear()
        with po.open("wb") as file:
            write_po(file, catalog, width=LINE, include_lineno=False, ignore_obsolete=True)


def _calls_in_f_strings(text: str) -> Iterator[str]:
    """Yield the calls of gettext inside f-strings. Up to Python 3.11 an f-string is one token, which Babel skips."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.JoinedStr):
            for call in ast.walk(node):
                if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in KEYWORDS:
                    yield ast.unparse(call)


def _messages(path: Path) -> Iterator[tuple[str | tuple[str, ...], str | None]]:
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".py":
        # Django writes a template as calls of gettext; what stood before them on their lines is no indentation.
        text = "\n".join(line.strip() for line in templatize(text).splitlines())
    else:
        text += "\n" + "\n".join(_calls_in_f_strings(text))
    for _line, function, arguments, _comments in extract_python(io.BytesIO(text.encode()), KEYWORDS, (), {}):
        found = _named(KEYWORDS[function], arguments)
        if found is not None:
            yield found


def _named(spec, arguments) -> tuple[str | tuple[str, ...], str | None] | None:
    """Return (text or its singular and plural, context) of a call; None where it has no literal text."""
    arguments = arguments if isinstance(arguments, tuple) else (arguments,)
    context, texts = None, []
    for part in spec or (1,):
        index = part[0] if isinstance(part, tuple) else part
        value = arguments[index - 1] if index <= len(arguments) else None
        if isinstance(part, tuple):
            context = value
        else:
            texts.append(value)
    if not all(texts):
        return None
    return (tuple(texts) if len(texts) > 1 else texts[0]), context


if __name__ == "__main__":
    update()
