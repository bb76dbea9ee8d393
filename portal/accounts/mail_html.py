"""HTML part of each e-mail, made from its text part, so that the two always say the same."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings
from django.template.loader import render_to_string
from django.utils.translation import get_language, gettext

from portal.brands.brand import PLAIN, Brand

LOGO_ID = "logo@portal"  # of the image that the mail carries
LOGO_BOX = (240, 48)  # pixels


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph of lines, or a link of the portal that stands on a line of its own."""

    lines: tuple[str, ...] = ()
    link: str = ""


def html_of(
    *, subject: str, text: str, action: str = "", brand: Brand = PLAIN, footer: tuple[str, str] | None = None
) -> str:
    """Return the HTML of a mail in the current language; `action` is the text of the button that its link becomes.

    `footer` is a small link below the text: its words and its address. Only addresses below PUBLIC_URL become links: a
    mail may quote what other people typed.
    """
    light, dark = brand.accents or (None, None)
    context = {
        "brand": brand,
        "light": light,
        "dark": dark,
        "logo_id": LOGO_ID,
        "logo_size": _fit(brand.logo_width, brand.logo_height),
        "public_host": urlsplit(settings.PUBLIC_URL).netloc,
        "subject": subject,
        "blocks": list(_blocks(text, brand)),
        "action": action or gettext("Open"),
        "footer": footer,
        "language": get_language(),
    }
    return render_to_string("mail/base.html", context)


def _fit(width: int, height: int) -> tuple[int, int]:
    """Return the size at which a logo is shown: many programs for mail know no limits in styles."""
    scale = min([1.0, *(box / side for box, side in zip(LOGO_BOX, (width, height), strict=True) if side)])
    return max(1, round(width * scale)), max(1, round(height * scale))


def _blocks(text: str, brand: Brand) -> list[Block]:
    paragraphs = [paragraph.strip().splitlines() for paragraph in text.strip().split("\n\n") if paragraph.strip()]
    if paragraphs and paragraphs[-1] in ([brand.product], [gettext("SMS reports")]):
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
