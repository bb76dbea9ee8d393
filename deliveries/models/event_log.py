"""State of the log of new delivery reports (deliveries/messages/event_log.py)."""

from django.db import models


class EventLogState(models.Model):
    """The one row that says of which cluster, timeline and restore the log's transaction ids are.

    Its column `lost_through` (xid8, which Django does not know) is the last transaction whose events were dropped.
    """

    id = models.SmallIntegerField(primary_key=True, default=1)
    origin = models.TextField()

    class Meta:
        db_table = "event_log_state"
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="event_log_state_one_row")]

    def __str__(self) -> str:
        return self.origin
