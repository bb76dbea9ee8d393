"""A message, its reports, and one count, by the ORM's own means."""

from django.db import models


class Message(models.Model):
    message_id = models.CharField(max_length=200, unique=True)
    partner_id = models.CharField(max_length=256, blank=True)
    ref_id = models.CharField(max_length=256, blank=True)
    destination = models.CharField(max_length=100, blank=True, db_index=True)
    source = models.CharField(max_length=100, blank=True)
    operator = models.CharField(max_length=100, blank=True)
    status = models.CharField(max_length=9)
    result_code = models.IntegerField()
    sent_at = models.DateTimeField(null=True)
    status_at = models.DateTimeField(null=True)
    parts = models.IntegerField(default=1)
    custom_parameters = models.JSONField(default=dict)


class DeliveryReport(models.Model):
    message = models.ForeignKey(Message, models.CASCADE)
    result_code = models.IntegerField()
    status_at = models.DateTimeField(null=True)
    received_at = models.DateTimeField(auto_now_add=True)
    raw = models.JSONField()


class DailyCount(models.Model):
    day = models.DateField()
    partner_id = models.CharField(max_length=256)
    operator = models.CharField(max_length=100)
    status = models.CharField(max_length=9)
    messages = models.IntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["day", "partner_id", "operator", "status"], name="baseline_count")
        ]
