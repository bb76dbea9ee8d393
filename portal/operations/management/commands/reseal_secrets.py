"""reseal_secrets: stored secrets encrypted with the present SECRET_KEY."""

from django.core.management.base import BaseCommand, CommandError

from portal.operations.resealing import reseal_all


class Command(BaseCommand):
    help = (
        "Encrypt stored secrets (of gates, Gate APIs, second factors and kept e-mails) with the present SECRET_KEY,"
        " after it was changed. The portal may run meanwhile."
    )

    def handle(self, **options) -> None:
        done = reseal_all(actor="command reseal_secrets")
        for table, count in done.changed.items():
            self.stdout.write(f"{table}: {count:,} rows are encrypted with the present key")
        if not done.changed and not done.unreadable:
            self.stdout.write("all secrets are encrypted with the present key")
        if done.unreadable:
            rows = "; ".join(f"{table}: {', '.join(map(str, keys))}" for table, keys in done.unreadable.items())
            raise CommandError(
                f"these rows cannot be decrypted: {rows}. Add the earlier key to SECRET_KEY_FALLBACKS, and run it again"
            )
