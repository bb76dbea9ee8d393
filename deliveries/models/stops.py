"""Record that appliers have stopped, with the cause."""

from django.db import models

from deliveries.stop_reasons import Cause


class ApplierStop(models.Model):
    """The one row that is there while appliers have stopped (deliveries/applying/stops.py)."""

    id = models.SmallIntegerField(primary_key=True, default=1)
    since = models.DateTimeField()
    cause = models.CharField(max_length=10)  # deliveries.stop_reasons.Cause
    code = models.CharField(max_length=100)  # the error's name, with the database's code for it
    error = models.CharField(max_length=500)  # its first line
    tried_at = models.DateTimeField()

    class Meta:
        db_table = "applier_stop"
        constraints = [
            models.CheckConstraint(condition=models.Q(id=1), name="applier_stop_one_row"),
            models.CheckConstraint(
                condition=models.Q(cause__in=[cause.value for cause in Cause]), name="applier_stop_cause"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.cause}: {self.code}"
