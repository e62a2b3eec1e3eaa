from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("archive", "0008_crawls"),
    ]

    operations = [
        migrations.AddField(
            model_name="schedule",
            name="persona",
            field=models.CharField(blank=True, default="Default", max_length=100),
        ),
    ]
