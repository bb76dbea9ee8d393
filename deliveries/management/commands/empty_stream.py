"""`bin/portal empty_stream`: begin the stream of delivery reports anew after a restore that nothing can notice."""

from django.core.management.base import BaseCommand

from deliveries.messages import event_log


class Command(BaseCommand):
    help = (
        "Begin the stream of delivery reports anew: cursors from before are refused. Run it once after you went back"
        " to a copy of the database server's folder or disk, before the portal starts. Restored dumps do not need it."
    )

    def handle(self, **options) -> None:
        event_log.empty()
        self.stdout.write("the stream of delivery reports begins here; cursors from before are refused")
