"""Bloom filters of the identities in past months."""

import uuid

from django.db import models


class IdentityFilter(models.Model):
    """A Bloom filter of the identities in a month of `message`; `bits` is null until it is built.

    It may hold more identities than the month (deleted messages), never fewer: an insert of a message into the month
    deletes the row (deliveries/messages/month_filters.py). It belongs to no tenant, and only appliers read it.
    """

    # Never one again, also after a restore: by it appliers keep the bits that they have read.
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    month = models.DateField(unique=True)  # its first day
    made_with = models.TextField()  # how bits are to be read: the library and its version
    messages = models.BigIntegerField(default=0)
    bits = models.BinaryField(null=True)

    class Meta:
        db_table = "identity_filter"

    def __str__(self) -> str:
        return f"{self.month:%Y-%m}"
