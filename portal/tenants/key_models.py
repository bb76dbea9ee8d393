"""Tables of what API keys have done: answers kept for retries, and the log of requests."""

from django.db import models
from django.db.models.functions import Now


class OfKey(models.Model):
    """Common columns: the key and its tenant (an account's pool for an account's key).

    The rows are deleted by age, whatever becomes of the key, so nothing holds them together.
    """

    tenant = models.ForeignKey(
        "tenants.Tenant", on_delete=models.DO_NOTHING, db_constraint=False, related_name="+", db_index=False
    )
    key = models.ForeignKey(
        "tenants.ApiKey", on_delete=models.DO_NOTHING, db_constraint=False, related_name="+", db_index=False
    )
    at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        abstract = True


class IdempotentAnswer(OfKey):
    """The answer to a POST with an `Idempotency-Key`, kept for its retries (portal/api/idempotency.py).

    `name` is a digest of the header's value, `request` one of method, path and body. The answer is encrypted: it may
    hold a secret that is shown once.
    """

    name = models.CharField(max_length=64)
    request = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField()
    answer = models.TextField()

    class Meta:
        db_table = "idempotent_answer"
        constraints = [models.UniqueConstraint(fields=["key", "name"], name="idempotent_answer_once")]
        indexes = [models.Index(fields=["at"], name="idempotent_answer_by_time")]  # deleted by age


class ApiRequest(OfKey):
    """One request by a key, for its log: the route's pattern, since paths may hold numbers and ids."""

    request_id = models.CharField(max_length=64)
    method = models.CharField(max_length=7)
    route = models.CharField(max_length=200)
    status = models.PositiveSmallIntegerField()
    milliseconds = models.PositiveIntegerField()
    address = models.GenericIPAddressField(null=True)

    class Meta:
        db_table = "api_request"
        indexes = [
            models.Index(fields=["key", "-id"], name="api_request_of_key"),
            models.Index(fields=["at"], name="api_request_by_time"),  # deleted by age
        ]
