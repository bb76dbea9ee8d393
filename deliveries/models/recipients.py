"""The secret behind recipient keys."""

from django.db import models


class RecipientSecret(models.Model):
    """The one secret from which recipient keys are derived, encrypted with SECRET_KEY; it is never replaced.

    With another secret, a number's later messages would get another key than its earlier ones
    (deliveries/messages/recipients.py).
    """

    id = models.SmallIntegerField(primary_key=True)  # 1
    sealed = models.TextField()

    class Meta:
        db_table = "recipient_secret"
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="recipient_secret_is_one")]

    def __str__(self) -> str:
        return "recipient secret"
