import django.db.models.deletion
from django.db import migrations, models
from django.db.models import Count

from pagekeep.config.load import settings
from pagekeep.crawl.identity import identity_of
from pagekeep.crawl.traps import family_of

BATCH = 2000


def tell_pages_apart(apps, schema_editor):
    """Fill the new columns of the snapshots that are there, as `archive.models.Snapshot` does for new ones."""
    snapshots = apps.get_model("archive", "Snapshot")
    tracking = settings().tracking_parameters
    connection = schema_editor.connection
    quote, key = connection.ops.quote_name, snapshots._meta.pk
    statement = (
        f"UPDATE {quote(snapshots._meta.db_table)} SET identity = %s, final_identity = %s, family = %s WHERE id = %s"  # noqa: S608
    )
    rows = snapshots.objects.order_by("pk").values_list("pk", "url", "final_url", "depth")
    last = None
    while part := list((rows.filter(pk__gt=last) if last else rows)[:BATCH]):
        changes = []
        for pk, url, final_url, depth in part:
            identity = identity_of(url, tracking)
            final = identity_of(final_url, tracking) if final_url else ""
            family = family_of(url) if depth else ""
            changes.append(
                (identity, "" if final == identity else final, family, key.get_db_prep_value(pk, connection))
            )
        with connection.cursor() as cursor:
            cursor.executemany(statement, changes)
        last = part[-1][0]


def count_refusals(apps, schema_editor):
    """Count what is kept by rule; what was only counted has no rule any more."""
    kept = apps.get_model("archive", "CrawlRefusal").objects.order_by().values_list("crawl_id", "rule")
    counts = apps.get_model("archive", "RefusalCount")
    counts.objects.bulk_create(
        [counts(crawl_id=crawl, rule=rule, number=number) for crawl, rule, number in kept.annotate(number=Count("pk"))],
        batch_size=500,
    )


def _hash():
    return models.CharField(blank=True, default="", editable=False, max_length=32)


class Migration(migrations.Migration):
    dependencies = [
        ("archive", "0014_schedules"),
    ]

    operations = [
        migrations.AddField(model_name="snapshot", name="identity", field=_hash()),
        migrations.AddField(model_name="snapshot", name="final_identity", field=_hash()),
        migrations.AddField(model_name="snapshot", name="family", field=_hash()),
        migrations.CreateModel(
            name="RefusalCount",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("rule", models.CharField(max_length=32)),
                ("number", models.PositiveIntegerField(default=0)),
                (
                    "crawl",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="refusal_counts", to="archive.crawl"
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("crawl", "rule"), name="crawl_rule_once")],
            },
        ),
        migrations.CreateModel(
            name="RobotsFile",
            fields=[
                ("origin", models.CharField(max_length=300, primary_key=True, serialize=False)),
                ("text", models.TextField(blank=True, default="")),
                ("reason", models.TextField(blank=True, default="")),
                ("failures", models.PositiveSmallIntegerField(default=0)),
                ("expires_at", models.DateTimeField()),
                ("claimed_until", models.DateTimeField()),
            ],
            options={
                "indexes": [models.Index(fields=["expires_at"], name="robots_expires")],
            },
        ),
        migrations.CreateModel(
            name="CrawlSitemap",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("url", models.CharField(max_length=2048)),
                ("level", models.PositiveSmallIntegerField(default=0)),
                ("due_at", models.DateTimeField(blank=True, null=True)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("found", models.PositiveIntegerField(default=0)),
                ("reason", models.TextField(blank=True, default="")),
                (
                    "crawl",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="sitemaps", to="archive.crawl"
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
                "indexes": [
                    models.Index(
                        condition=models.Q(("due_at__isnull", False)), fields=["due_at"], name="crawl_sitemap_due"
                    )
                ],
                "constraints": [models.UniqueConstraint(fields=("crawl", "url"), name="crawl_sitemap_once")],
            },
        ),
        migrations.RunPython(tell_pages_apart, migrations.RunPython.noop, elidable=True),
        migrations.RunPython(count_refusals, migrations.RunPython.noop, elidable=True),
        migrations.AddIndex(
            model_name="snapshot",
            index=models.Index(fields=["crawl", "identity"], name="snapshot_identity"),
        ),
        migrations.AddIndex(
            model_name="snapshot",
            index=models.Index(fields=["crawl", "final_identity"], name="snapshot_redirected"),
        ),
        migrations.AddIndex(
            model_name="snapshot",
            index=models.Index(fields=["crawl", "family"], name="snapshot_family"),
        ),
        migrations.AddIndex(
            model_name="snapshot",
            index=models.Index(fields=["crawl", "depth"], name="snapshot_depth"),
        ),
    ]
