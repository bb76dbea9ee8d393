"""The result codes of LINK's dialect, as rows."""

from django.db import migrations

from deliveries.dialects.link_codes import CODES


def add_codes(apps, _schema_editor) -> None:
    ResultCode = apps.get_model("deliveries", "ResultCode")
    ResultCode.objects.bulk_create(
        [
            ResultCode(
                dialect="link",
                code=c.code,
                status=c.status,
                final=c.final,
                reason=c.reason,
                text_en=c.text_en,
                text_fi=c.text_fi,
            )
            for c in CODES.values()
        ],
        ignore_conflicts=True,
    )


class Migration(migrations.Migration):
    dependencies = [("deliveries", "0001_initial")]
    operations = [migrations.RunPython(add_codes, migrations.RunPython.noop)]
