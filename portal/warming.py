"""Load routes, templates and translations in the background, which a new process's first pages would wait for."""

import logging
from pathlib import Path

from django.conf import settings
from django.template import engines
from django.urls import reverse
from django.utils import translation

logger = logging.getLogger(__name__)


def load_pages() -> None:
    """Import the views, compile the pages' templates and read the catalogues; what fails is left to its page."""
    try:
        for language, _name in settings.LANGUAGES:
            with translation.override(language):  # Django keeps the routes of each language
                reverse("home")
        for template in page_templates():
            engines["django"].get_template(template)
    except Exception:
        logger.exception("Pages could not be loaded before they are requested.")
    else:
        logger.info("Pages are loaded.")


def page_templates() -> list[str]:
    """Return the names of the portal's own templates of pages."""
    folder = Path(settings.BASE_DIR) / "templates"
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*.html"))
