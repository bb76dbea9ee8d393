"""Operations of migrations that let a table know when its rows changed (portal/common/changes.py)."""

from django.db import migrations, models
from django.db.models.functions import Now


def add_updated_at(model: str) -> migrations.AddField:
    """Add the column; stored rows count as changed at the upgrade."""
    return migrations.AddField(model, "updated_at", models.DateTimeField(db_default=Now(), editable=False))


def note_changes(table: str, *silent: str) -> migrations.RunSQL:
    """Add the trigger; a change of the `silent` columns alone is none for a reader."""
    columns = ", ".join(f"'{column}'" for column in silent)
    return migrations.RunSQL(
        f"CREATE TRIGGER note_change BEFORE INSERT OR UPDATE ON {table}"
        f" FOR EACH ROW EXECUTE FUNCTION note_change({columns})",
        f"DROP TRIGGER note_change ON {table}",
    )


def index_changes(model: str, name: str) -> migrations.AddIndex:
    """Add the index by which the changes of a tenant are read."""
    return migrations.AddIndex(model, models.Index(fields=["tenant", "updated_at", "id"], name=name))
