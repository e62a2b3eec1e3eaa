from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("archive", "0015_scope"),
    ]

    operations = [
        migrations.CreateModel(
            name="Host",
            fields=[
                ("name", models.CharField(max_length=255, primary_key=True, serialize=False)),
                ("visited_at", models.DateTimeField()),
                ("followed_at", models.DateTimeField(blank=True, null=True)),
                ("crawl_delay", models.FloatField(blank=True, null=True)),
                ("delay", models.FloatField(blank=True, null=True)),
                ("slow_until", models.DateTimeField(blank=True, null=True)),
            ],
        ),
        migrations.CreateModel(
            name="Lane",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("host", models.CharField(blank=True, max_length=255)),
                ("followed", models.BooleanField()),
                ("due_at", models.DateTimeField(blank=True, null=True)),
                ("wakes_at", models.DateTimeField(blank=True, null=True)),
            ],
        ),
        migrations.AddIndex(
            model_name="snapshot",
            index=models.Index(
                condition=models.Q(("depth", 0), ("retry_at__isnull", False)),
                fields=["domain", "retry_at", "id"],
                name="snapshot_seeds_due",
            ),
        ),
        migrations.AddIndex(
            model_name="snapshot",
            index=models.Index(
                condition=models.Q(("depth__gt", 0), ("retry_at__isnull", False)),
                fields=["domain", "retry_at", "id"],
                name="snapshot_links_due",
            ),
        ),
        migrations.AddIndex(
            model_name="snapshot",
            index=models.Index(
                condition=models.Q(("lease_owner__isnull", False)), fields=["domain"], name="snapshot_host_held"
            ),
        ),
        migrations.AddIndex(
            model_name="host",
            index=models.Index(fields=["visited_at"], name="host_visited"),
        ),
        migrations.AddIndex(
            model_name="lane",
            index=models.Index(
                condition=models.Q(("due_at__isnull", False), ("wakes_at__isnull", True)),
                fields=["followed", "due_at"],
                name="lane_awake",
            ),
        ),
        migrations.AddIndex(
            model_name="lane",
            index=models.Index(
                condition=models.Q(("wakes_at__isnull", False)), fields=["wakes_at"], name="lane_asleep"
            ),
        ),
        migrations.AddConstraint(
            model_name="lane",
            constraint=models.UniqueConstraint(fields=("host", "followed"), name="lane_once"),
        ),
    ]
