import django.db.models.deletion
from django.db import migrations, models

LINK = migrations.CreateModel(
    name="SnapshotTag",
    fields=[
        ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
        ("snapshot", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="archive.snapshot")),
        ("tag", models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, to="archive.tag")),
    ],
    options={"db_table": "archive_snapshot_tags", "unique_together": {("snapshot", "tag")}},
)


class Migration(migrations.Migration):
    dependencies = [("archive", "0009_schedule_persona")]

    operations = [
        # The table is there already, made with `Snapshot.tags`.
        migrations.SeparateDatabaseAndState(
            state_operations=[
                LINK,
                migrations.AlterField(
                    model_name="snapshot",
                    name="tags",
                    field=models.ManyToManyField(
                        blank=True, related_name="snapshots", through="archive.SnapshotTag", to="archive.tag"
                    ),
                ),
            ]
        ),
        migrations.AddField(
            model_name="snapshottag",
            name="by_hand",
            field=models.BooleanField(default=False, db_default=False),
        ),
    ]
