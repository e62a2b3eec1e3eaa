from django.db import migrations, models

from pagekeep.search.tables import FILL_META, FILL_TAGGED, FILL_UNREAD, TABLES

NAMES = ("search_trigrams", "search_meta", "search_contents", "search_tagged", "search_refill")


class OnSqlite(migrations.RunSQL):
    """SQL that only SQLite understands."""

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        if schema_editor.connection.vendor == "sqlite":
            super().database_forwards(app_label, schema_editor, from_state, to_state)

    def database_backwards(self, app_label, schema_editor, from_state, to_state):
        if schema_editor.connection.vendor == "sqlite":
            super().database_backwards(app_label, schema_editor, from_state, to_state)


class Migration(migrations.Migration):
    initial = True
    dependencies = [("archive", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="Unread",
            fields=[
                ("snapshot_id", models.UUIDField(primary_key=True, serialize=False)),
                ("changes", models.PositiveIntegerField(default=1)),
            ],
        ),
        *(OnSqlite(table, OnSqlite.noop) for table in TABLES),
        OnSqlite([f"{FILL_META} ORDER BY 1", FILL_TAGGED, FILL_UNREAD], [f"DROP TABLE {name}" for name in NAMES]),
    ]
