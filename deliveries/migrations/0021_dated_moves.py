"""Hand-overs from a date: what a move leaves in sealed days, and the date that a request asks for."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("deliveries", "0020_quarters"),
    ]

    operations = [
        migrations.AddField(
            model_name="partnermove",
            name="sealed",
            field=models.BigIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name="partnerrequest",
            name="from_day",
            field=models.DateField(blank=True, null=True),
        ),
    ]
