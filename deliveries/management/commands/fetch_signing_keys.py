"""Take over the public keys by which a gateway signs its requests, from their address or from a file."""

from pathlib import Path
from urllib.parse import urlsplit

import httpx
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from deliveries.management.commands.import_dlrs import feed_named
from portal.accounts.models import record
from portal.tenants import dialects, signing_keys
from portal.tenants.models import Feed

ACTOR = "fetch_signing_keys"
WITHIN = 10.0  # seconds


class Command(BaseCommand):
    help = (
        "Set the signing keys of a feed to those of a JWKS. From then on each request to the feed must be signed by one"
        " of them. Run it regularly, as gateways change their keys."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--feed", required=True, help="NAME, or ACCOUNT/NAME where the name is not unique")
        parser.add_argument("source", help="the JWKS: https://…/jwks.json, or a file")

    def handle(self, *, feed: str, source: str, **_options) -> None:
        chosen = feed_named(feed)
        if not dialects.find(chosen.dialect).signs:
            raise CommandError(f"--feed: the gateway of {chosen} ({chosen.dialect}) does not sign its requests")
        try:
            keys = signing_keys.read(_text(source))
        except ValidationError as error:
            raise CommandError(f"{source}: {'; '.join(error.messages)}") from None
        if not keys:
            raise CommandError(f"{source}: it is empty; the feed keeps its keys")
        with transaction.atomic():
            locked = Feed.objects.select_for_update().get(pk=chosen.pk)
            before = {key["kid"] for key in locked.signing_keys}
            if locked.signing_keys == keys:
                self.stdout.write(f"{chosen}: unchanged, {len(keys)} keys")
                return
            locked.signing_keys = keys
            locked.save(update_fields=["signing_keys"])
            names = {key["kid"] for key in keys}
            details = {"added": len(names - before), "removed": len(before - names)}
            record("feed.signing_keys", actor=ACTOR, subject=str(chosen), details=details)
        self.stdout.write(f"{chosen}: {len(keys)} keys: {', '.join(sorted(names))}")


def _text(source: str) -> str:
    """Return a JWKS. Raises CommandError where it cannot be read."""
    scheme = urlsplit(source).scheme
    try:
        if scheme == "https":
            return _fetch(source).decode()
        if scheme == "http":
            raise CommandError(f"{source}: keys are fetched over https only; anyone on the way could change them")
        file = Path(source)
        if file.stat().st_size > signing_keys.MAX_BYTES:
            raise CommandError(f"{source}: at most {signing_keys.MAX_BYTES} bytes")
        return file.read_text()
    except (OSError, UnicodeDecodeError, httpx.HTTPError) as error:
        raise CommandError(f"{source}: {str(error) or type(error).__name__}; the feed keeps its keys") from None


def _fetch(url: str) -> bytes:
    found = b""
    with httpx.Client(timeout=WITHIN) as client, client.stream("GET", url) as answer:
        if answer.status_code != 200:
            raise CommandError(f"{url}: the answer is {answer.status_code}; the feed keeps its keys")
        for piece in answer.iter_bytes():
            found += piece
            if len(found) > signing_keys.MAX_BYTES:
                raise CommandError(f"{url}: more than {signing_keys.MAX_BYTES} bytes; the feed keeps its keys")
    return found
