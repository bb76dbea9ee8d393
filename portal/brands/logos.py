"""Logos: uploaded files are decoded, scaled down and written again as PNG, so nothing but pixels is kept."""

import warnings
from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from PIL import Image, ImageOps

MAX_BYTES = 256 * 1024
MAX_SIDE = 2000  # pixels
BOX = (640, 160)  # what pages and mails show of it, at twice the pixels
ICON = 64

_FORMATS = ("PNG", "JPEG", "WEBP")


@dataclass(frozen=True, slots=True)
class Logo:
    """A logo as it is stored: two PNG files, the second one square, for the browser's tab."""

    png: bytes
    icon: bytes
    digest: str
    width: int
    height: int


def read_logo(content: bytes) -> Logo:
    """Return the logo in an uploaded file. Raises ValidationError that names the limit."""
    if len(content) > MAX_BYTES:
        raise ValidationError(
            _("The logo has %(has)d kB, the limit is %(most)d kB.")
            % {"has": -(-len(content) // 1024), "most": MAX_BYTES // 1024}
        )
    if b"<svg" in content[:2000].lower():
        raise ValidationError(_("SVG files are not accepted, because they may contain scripts. Save the logo as PNG."))
    image = _decode(content)
    image.thumbnail(BOX, Image.Resampling.LANCZOS)
    icon = ImageOps.pad(image, (ICON, ICON), method=Image.Resampling.LANCZOS, color=(0, 0, 0, 0))
    png = _png(image)
    return Logo(png, _png(icon), sha256(png).hexdigest(), *image.size)


def _decode(content: bytes) -> Image.Image:
    """Return the pixels. The header's size is checked first: a small file may unfold to gigabytes."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(BytesIO(content), formats=_FORMATS) as opened:
                if max(opened.size) > MAX_SIDE:
                    raise ValidationError(
                        _("The logo has %(width)d × %(height)d pixels, the limit is %(most)d on each side.")
                        % {"width": opened.width, "height": opened.height, "most": MAX_SIDE}
                    )
                return ImageOps.exif_transpose(opened).convert("RGBA")
    except ValidationError:
        raise
    except Exception as error:  # the decoders raise many kinds for broken files
        raise ValidationError(_("The logo is not a readable PNG, JPEG or WebP file.")) from error


def _png(image: Image.Image) -> bytes:
    file = BytesIO()
    image.save(file, "PNG", optimize=True)
    return file.getvalue()
