"""Write the table of operations into ``docs/api.md`` and the API's description beside its test: ``make docs``."""

import json
import os
from pathlib import Path

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "pagekeep.project.settings"
django.setup()

from pagekeep.api.describe import operations_table  # noqa: E402
from pagekeep.api.pages import openapi_bytes  # noqa: E402

ROOT = Path(__file__).parents[1]


def main() -> None:
    """Write both files."""
    schema = json.loads(openapi_bytes())
    page = ROOT / "docs/api.md"
    before, _, table = page.read_text().partition("| operation |")
    after = table.partition("\n\n")[2]
    page.write_text(before + operations_table(schema) + (f"\n{after}" if after else ""))
    text = json.dumps(schema, indent=1, ensure_ascii=False, sort_keys=True)
    (ROOT / "tests/openapi.json").write_text(f"{text}\n")


if __name__ == "__main__":
    main()
