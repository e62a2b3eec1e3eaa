import django.db.models.deletion
from django.db import migrations, models

import pagekeep.domain.ids


class Migration(migrations.Migration):
    dependencies = [
        ("archive", "0002_tags"),
    ]

    operations = [
        migrations.CreateModel(
            name="Machine",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=pagekeep.domain.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField()),
                ("modified_at", models.DateTimeField(auto_now=True)),
                ("guid", models.CharField(max_length=64, unique=True)),
                ("hostname", models.CharField(max_length=255)),
                ("hw_in_docker", models.BooleanField(default=False)),
                ("hw_in_vm", models.BooleanField(default=False)),
                ("hw_manufacturer", models.CharField(blank=True, default="", max_length=255)),
                ("hw_product", models.CharField(blank=True, default="", max_length=255)),
                ("hw_uuid", models.CharField(blank=True, default="", max_length=64)),
                ("os_arch", models.CharField(blank=True, default="", max_length=64)),
                ("os_family", models.CharField(blank=True, default="", max_length=64)),
                ("os_platform", models.CharField(blank=True, default="", max_length=255)),
                ("os_release", models.CharField(blank=True, default="", max_length=255)),
                ("os_kernel", models.CharField(blank=True, default="", max_length=255)),
                ("stats", models.JSONField(blank=True, default=dict)),
                ("num_uses_succeeded", models.PositiveBigIntegerField(default=0)),
                ("num_uses_failed", models.PositiveBigIntegerField(default=0)),
                ("data_size", models.PositiveBigIntegerField(blank=True, null=True)),
                ("data_measured_at", models.DateTimeField(blank=True, null=True)),
                (
                    "data_claimed_at",
                    models.DateTimeField(blank=True, help_text="When a worker began to measure it.", null=True),
                ),
            ],
            options={
                "ordering": ["-created_at", "-id"],
            },
        ),
        migrations.AddField(
            model_name="snapshot",
            name="claimed_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="worker",
            name="boot",
            field=models.CharField(blank=True, default="", max_length=80),
        ),
        migrations.AddField(
            model_name="worker",
            name="order",
            field=models.CharField(
                blank=True, choices=[("", "None"), ("drain", "Drain"), ("stop", "Stop")], default="", max_length=8
            ),
        ),
        migrations.AddField(
            model_name="worker",
            name="pages_per_minute",
            field=models.FloatField(default=0.0),
        ),
        migrations.AddField(
            model_name="worker",
            name="process_started",
            field=models.PositiveBigIntegerField(blank=True, null=True),
        ),
        migrations.CreateModel(
            name="Binary",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=pagekeep.domain.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField()),
                ("modified_at", models.DateTimeField(auto_now=True)),
                ("name", models.CharField(max_length=64)),
                ("binproviders", models.CharField(blank=True, default="", max_length=128)),
                ("binprovider", models.CharField(blank=True, default="", max_length=32)),
                ("abspath", models.TextField(blank=True, default="")),
                ("version", models.CharField(blank=True, default="", max_length=64)),
                ("sha256", models.CharField(blank=True, default="", max_length=64)),
                (
                    "status",
                    models.CharField(
                        choices=[("installed", "Installed"), ("missing", "Missing"), ("broken", "Broken")],
                        default="missing",
                        max_length=16,
                    ),
                ),
                ("reason", models.TextField(blank=True, default="", help_text="Why it cannot be used: a sentence.")),
                ("size", models.PositiveBigIntegerField(default=0)),
                ("mtime_ns", models.BigIntegerField(default=0)),
                ("num_uses_succeeded", models.PositiveBigIntegerField(default=0)),
                ("num_uses_failed", models.PositiveBigIntegerField(default=0)),
                (
                    "machine",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="binaries", to="archive.machine"
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "binaries",
                "ordering": ["-created_at", "-id"],
            },
        ),
        migrations.AddField(
            model_name="worker",
            name="machine",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="workers",
                to="archive.machine",
            ),
        ),
        migrations.AddConstraint(
            model_name="worker",
            constraint=models.CheckConstraint(
                condition=models.Q(("order__in", ["", "drain", "stop"])), name="worker_order_known"
            ),
        ),
        migrations.AddConstraint(
            model_name="binary",
            constraint=models.UniqueConstraint(fields=("machine", "name"), name="binary_once_per_machine"),
        ),
        migrations.AddConstraint(
            model_name="binary",
            constraint=models.CheckConstraint(
                condition=models.Q(("status__in", ["installed", "missing", "broken"])), name="binary_status_known"
            ),
        ),
        migrations.AddIndex(
            model_name="snapshot",
            index=models.Index(
                condition=models.Q(("lease_owner__isnull", False)), fields=["lease_owner"], name="snapshot_held"
            ),
        ),
    ]
