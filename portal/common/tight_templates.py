"""A loader of our templates without the indentation of their lines: a page is 2 % smaller when it is compressed."""

import re

from django.template import Origin
from django.template.loaders.filesystem import Loader as FileLoader

_INDENTATION = re.compile(r"^[ \t]+", re.MULTILINE)


class Loader(FileLoader):
    """Loads templates from files; text files and those with preformatted text stay as they are."""

    def get_contents(self, origin: Origin) -> str:
        text = super().get_contents(origin)
        if not origin.name.endswith(".html") or "<pre" in text:
            return text
        return _INDENTATION.sub("", text)
