from django.db import migrations

# An index of PostgreSQL's holds no text longer than 2,700 bytes; one of hashes takes any.
INDEXES = """
    DROP INDEX snapshot_url_newest;
    CREATE INDEX snapshot_url_newest ON archive_snapshot USING hash (url);
    ALTER TABLE archive_crawlrefusal DROP CONSTRAINT crawl_refusal_once;
    CREATE INDEX crawl_refusal_once ON archive_crawlrefusal USING hash (url);
"""


def for_postgres(apps, editor):
    if editor.connection.vendor == "postgresql":
        editor.execute(INDEXES)


class Migration(migrations.Migration):
    dependencies = [("archive", "0011_workers")]

    operations = [migrations.RunPython(for_postgres, migrations.RunPython.noop)]
