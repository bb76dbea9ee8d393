"""Last results of the standing checks."""

from django.db import models


class StandingCheck(models.Model):
    """One check (deliveries/checks/run.py): what it found the last time, and since when it finds something."""

    name = models.CharField(max_length=40, primary_key=True)
    checked_at = models.DateTimeField()
    problems = models.IntegerField(default=0)
    details = models.JSONField(default=list)  # the first of them, a line each
    since = models.DateTimeField(null=True)

    class Meta:
        db_table = "standing_check"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(problems=0, since=None) | models.Q(problems__gt=0, since__isnull=False),
                name="standing_check_since_with_problems",
            )
        ]

    def __str__(self) -> str:
        return self.name
