import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def tell_outcomes(apps, schema_editor):
    """Every crawl that ended before there were outcomes had its pages ended."""
    crawls = apps.get_model("archive", "Crawl").objects
    crawls.filter(status="sealed").update(outcome="finished")


class Migration(migrations.Migration):
    dependencies = [
        ("archive", "0007_schedules"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="CrawlRefusal",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("url", models.CharField(max_length=2000)),
                ("rule", models.CharField(max_length=32)),
                ("reason", models.TextField()),
                ("depth", models.PositiveSmallIntegerField(default=0)),
                ("created_at", models.DateTimeField()),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.AddField(
            model_name="crawl",
            name="crawl_timeout",
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="crawl",
            name="ends_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="crawl",
            name="limit_reached",
            field=models.TextField(blank=True, default=""),
        ),
        migrations.AddField(
            model_name="crawl",
            name="max_size",
            field=models.PositiveBigIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="crawl",
            name="max_urls",
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="crawl",
            name="num_refused",
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="crawl",
            name="outcome",
            field=models.CharField(
                blank=True,
                choices=[("finished", "finished"), ("cancelled", "cancelled"), ("limit", "limit")],
                default="",
                max_length=16,
            ),
        ),
        migrations.AddField(
            model_name="crawl",
            name="paused_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="crawl",
            name="snapshot_max_size",
            field=models.PositiveBigIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="snapshot",
            name="paused_by_crawl",
            field=models.BooleanField(default=False),
        ),
        migrations.AddIndex(
            model_name="crawl",
            index=models.Index(
                condition=models.Q(("ends_at__isnull", False)), fields=["ends_at"], name="crawl_ends_at"
            ),
        ),
        migrations.AddConstraint(
            model_name="crawl",
            constraint=models.CheckConstraint(
                condition=models.Q(("outcome__in", ["", "finished", "cancelled", "limit"])), name="crawl_outcome_known"
            ),
        ),
        migrations.AddField(
            model_name="crawlrefusal",
            name="crawl",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="refusals", to="archive.crawl"
            ),
        ),
        migrations.AddConstraint(
            model_name="crawlrefusal",
            constraint=models.UniqueConstraint(fields=("crawl", "url"), name="crawl_refusal_once"),
        ),
        migrations.RunPython(tell_outcomes, migrations.RunPython.noop),
    ]
