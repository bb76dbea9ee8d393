"""HTML part of each e-mail, made from its text part, so that the two always say the same."""

from dataclasses import dataclass

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.translation import get_language, gettext


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph of lines, or a link of the portal that stands on a line of its own."""

    lines: tuple[str, ...] = ()
    link: str = ""


def html_of(*, subject: str, text: str, action: str = "") -> str:
    """Return the HTML of a mail in the current language; `action` is the text of the button that its link becomes.

    Only addresses below PUBLIC_URL become links: a mail may quote what other people typed.
    """
    context = {
        "subject": subject,
        "blocks": list(_blocks(text)),
        "action": action or gettext("Open"),
        "language": get_language(),
    }
    return render_to_string("mail/base.html", context)


def _blocks(text: str) -> list[Block]:
    paragraphs = [paragraph.strip().splitlines() for paragraph in text.strip().split("\n\n") if paragraph.strip()]
    if paragraphs and paragraphs[-1] == [gettext("SMS reports")]:
        paragraphs.pop()  # the text's signature; the HTML has it on top
    found: list[Block] = []
    for lines in paragraphs:
        plain: list[str] = []
        for line in lines:
            if _is_link(line):
                found += [Block(lines=tuple(plain))] if plain else []
                found.append(Block(link=line))
                plain = []
            else:
                plain.append(line)
        found += [Block(lines=tuple(plain))] if plain else []
    return found


def _is_link(line: str) -> bool:
    return line.startswith(f"{settings.PUBLIC_URL}/") and " " not in line
