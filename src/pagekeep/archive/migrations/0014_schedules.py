from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("archive", "0013_observe")]

    operations = [
        migrations.AddField("schedule", "label", models.CharField(blank=True, default="", max_length=255)),
        migrations.AddField("schedule", "notes", models.TextField(blank=True, default="")),
        migrations.AddField("schedule", "config", models.JSONField(blank=True, default=dict)),
        migrations.AddField("schedule", "plugins", models.JSONField(blank=True, default=list)),
        migrations.AddField("schedule", "max_urls", models.PositiveIntegerField(default=0)),
        migrations.AddField("schedule", "max_size", models.PositiveBigIntegerField(default=0)),
        migrations.AddField("schedule", "crawl_timeout", models.PositiveIntegerField(default=0)),
        migrations.AddField("schedule", "snapshot_max_size", models.PositiveBigIntegerField(default=0)),
    ]
