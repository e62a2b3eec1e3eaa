from django.db import migrations, models

COUNT = """
    UPDATE archive_tag SET num_snapshots = (
        SELECT COUNT(*) FROM archive_snapshot_tags link JOIN archive_snapshot s ON s.id = link.snapshot_id
        WHERE link.tag_id = archive_tag.id AND NOT s.hidden
    )
"""


class Migration(migrations.Migration):
    dependencies = [("archive", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="archiveresult",
            name="uploads",
            field=models.JSONField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name="tag",
            name="num_snapshots",
            field=models.IntegerField(default=0, editable=False),
        ),
        migrations.RunSQL(COUNT, migrations.RunSQL.noop),
    ]
