"""A tenant's country, in which numbers without a country code are read; guessed from its time zone."""

from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

import portal.tenants.models
import portal.tenants.partner_values
from portal.common.countries import country_of_zone


def guess(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    tenants = apps.get_model("tenants", "Tenant").objects
    for zone in tenants.filter(country="").values_list("timezone", flat=True).distinct():
        tenants.filter(country="", timezone=zone).update(country=country_of_zone(zone))


class Migration(migrations.Migration):
    dependencies = [
        ("tenants", "0006_feed_header"),
    ]

    operations = [
        migrations.AddField(
            model_name="tenant",
            name="country",
            field=models.CharField(
                blank=True,
                default="",
                help_text="Phone numbers without a country code are read as numbers of this country. Default: the country of the time zone.",
                max_length=2,
                validators=[portal.tenants.models.validate_country],
            ),
            preserve_default=False,
        ),
        migrations.AlterField(
            model_name="feed",
            name="default_partner_id",
            field=models.CharField(
                blank=True,
                help_text="The platformPartnerId for delivery reports that have none.",
                max_length=256,
                validators=[portal.tenants.partner_values.validate_partner_id],
            ),
        ),
        migrations.RunPython(guess, migrations.RunPython.noop),
    ]
