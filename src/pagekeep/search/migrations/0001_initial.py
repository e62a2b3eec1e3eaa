from django.db import migrations, models

from pagekeep.search.tables import FILL_META, FILL_TAGGED, FILL_UNREAD, TABLES

NAMES = ("search_trigrams", "search_meta", "search_contents", "search_tagged", "search_refill")


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
        *(migrations.RunSQL(table, migrations.RunSQL.noop) for table in TABLES),
        migrations.RunSQL(
            [f"{FILL_META} ORDER BY 1", FILL_TAGGED, FILL_UNREAD], [f"DROP TABLE {name}" for name in NAMES]
        ),
    ]
