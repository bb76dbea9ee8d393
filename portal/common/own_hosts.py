"""Host names under which the portal itself answers."""

from urllib.parse import urlsplit

from django.conf import settings


def own_hosts() -> set[str]:
    """Return the names of PUBLIC_URL and ALLOWED_HOSTS; `.example.com` stands for all names below it too."""
    return {urlsplit(settings.PUBLIC_URL).hostname or "", *settings.ALLOWED_HOSTS} - {"", "*"}


def is_own(host: str) -> bool:
    """Return whether the portal itself answers under this name."""
    return any(host == own or (own.startswith(".") and f".{host}".endswith(own)) for own in own_hosts())
