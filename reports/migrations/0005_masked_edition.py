from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("reports", "0004_erased_files")]

    operations = [
        migrations.AddField("reportrun", "masked_file", models.CharField(blank=True, max_length=300)),
        migrations.AddField("reportrun", "masked_bytes", models.PositiveBigIntegerField(blank=True, null=True)),
        migrations.AddField("reportrun", "masked_sha256", models.CharField(blank=True, max_length=64)),
    ]
