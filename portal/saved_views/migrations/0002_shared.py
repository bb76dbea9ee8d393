from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("saved_views", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="savedview",
            name="is_shared",
            field=models.BooleanField(db_default=False),
        ),
    ]
