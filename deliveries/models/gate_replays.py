"""Replays of gates: delivery reports that a person has sent again; the row is the job that queues them."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from deliveries.models.gates import Gate
from portal.common.changes import Changed
from portal.common.jobs import Job, JobState
from portal.tenants.models import Tenant


class GateReplay(Changed, Job):
    """One order to send reports through a gate again, with one attempt each.

    `total` is how many reports were expected when it was started (0: not known), `done` how many of them are settled.
    Its reports are queued a few at a time. `is_read`: all of them were queued; it is done when none waits any more. Of
    one gate only one walks through its reports at a time. Its search and its position are encrypted, because filters
    and message ids may hold phone numbers, and deleted when it has ended.
    """

    KIND = "gate_replay"
    SUBJECT = ("id",)  # none replaces another one

    class Kind(models.TextChoices):
        """Choice of the reports."""

        ATTEMPT = "attempt", _("One report")
        FAILED = "failed", _("All that failed since a time")
        PERIOD = "period", _("All of a period")
        SEARCH = "search", _("All of a message search")

    class Problem(models.TextChoices):
        """Reason why it was stopped, and trying again would not help."""

        SEARCH = "search", _("The search cannot be run any more: a filter has changed since.")

    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="+")
    gate = models.ForeignKey(Gate, on_delete=models.CASCADE, related_name="replays")
    made_by = models.CharField(max_length=254)
    # which reports
    kind = models.CharField(max_length=7, choices=Kind.choices)
    title = models.CharField(max_length=300, blank=True, default="", db_default="")  # the search, with numbers masked
    since = models.DateTimeField(null=True, blank=True)
    until = models.DateTimeField()  # reports and failures from here on are not replayed
    sealed = models.TextField(blank=True, default="", db_default="", editable=False)
    position_sealed = models.TextField(blank=True, default="", db_default="", editable=False)
    is_read = models.BooleanField(default=False, db_default=False)
    # what came of them, in reports
    queued = models.BigIntegerField(default=0, db_default=0)
    already = models.BigIntegerField(default=0, db_default=0)  # waited already, so nothing was queued
    withdrawn = models.BigIntegerField(default=0, db_default=0)  # taken out of the queue when it was cancelled
    delivered = models.BigIntegerField(default=0, db_default=0)
    failed = models.BigIntegerField(default=0, db_default=0)
    gone = models.BigIntegerField(default=0, db_default=0)  # deleted, or another customer's by then
    problem = models.CharField(max_length=6, choices=Problem.choices, blank=True, default="", db_default="")

    class Meta:
        db_table = "gate_replay"
        verbose_name = _("replay of a gate")
        verbose_name_plural = _("replays of gates")
        constraints = [
            models.UniqueConstraint(
                fields=["gate"],
                condition=models.Q(state__in=[JobState.QUEUED, JobState.RUNNING]) & ~models.Q(kind="attempt"),
                name="gate_replay_one_open",
            ),
        ]
        indexes = [
            models.Index(fields=["gate", "-id"], name="gate_replay_newest"),
            models.Index(
                fields=["state", "lease_until"],
                name="gate_replay_open",
                condition=models.Q(state__in=["queued", "running"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.gate_id}: {self.kind}"
