"""The pages say what the code does."""

import re
import tomllib
from pathlib import Path

import pytest

from pagekeep.cli.describe import tables
from pagekeep.cli.exit_codes import EXIT_CODES
from pagekeep.config.describe import settings_page
from pagekeep.crawl.inputs import FORMATS
from pagekeep.domain.behaviours import BEHAVIOURS
from pagekeep.domain.errors import PagekeepError
from pagekeep.domain.log_fields import FIELDS
from pagekeep.domain.plugins import PLUGINS
from pagekeep.web.metrics import METRICS

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_between_pages_lead_somewhere(page: Path) -> None:
    targets = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text())
    missing = [t for t in targets if "://" not in t and not (page.parent / t).exists()]
    assert not missing


def test_settings_page_is_made_from_the_declarations() -> None:
    assert (ROOT / "docs/settings.md").read_text() == settings_page()


def test_commands_and_exit_codes_are_made_from_the_code() -> None:
    assert (ROOT / "docs/cli.md").read_text().endswith(tables())


def test_every_error_has_an_exit_code_that_is_explained() -> None:
    kinds = [PagekeepError]
    for kind in kinds:
        kinds += kind.__subclasses__()
    assert len(kinds) > 10
    assert {kind.exit_code for kind in kinds} <= set(EXIT_CODES)


def test_every_plugin_and_behaviour_is_described() -> None:
    described = re.findall(r"^\| `(\w+)` \|", (ROOT / "docs/outputs.md").read_text(), re.MULTILINE)
    assert described == [*PLUGINS, *BEHAVIOURS]


def test_every_format_of_lists_is_described_in_the_order_of_detection() -> None:
    page = (ROOT / "docs/inputs.md").read_text()
    assert re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE) == list(FORMATS)


def test_every_dependency_is_explained() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = [*project["dependencies"], *(n for extra in project["optional-dependencies"].values() for n in extra)]
    names = {re.split(r"[<>=\[]", name)[0].lower() for name in wanted}
    page = (ROOT / "docs/dependencies.md").read_text().lower()
    assert not {name for name in names if name not in page}


def test_make_targets_named_in_the_pages_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {target for page in PAGES for target in re.findall(r"`make ([a-z-]+)", page.read_text())}
    assert named <= targets


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock", "package-lock.json"])
def test_locks_name_no_host(lock: str) -> None:
    assert "://" not in re.sub(r'"(url|funding)": .*', "", (ROOT / lock).read_text())


def test_every_log_field_and_metric_is_described() -> None:
    page = (ROOT / "docs/operations.md").read_text()
    fields = "\n".join(f"| `{name}` | {text} |" for name, text in FIELDS.items())
    assert f"| field | holds |\n|---|---|\n{fields}\n\n" in page
    metrics = "\n".join(
        f"| `{name}` | {metric.kind} | {', '.join(f'`{label}`' for label in metric.labels)} | {metric.help} |"
        for name, metric in METRICS.items()
    )
    assert page.endswith(f"| metric | kind | labels | says |\n|---|---|---|---|\n{metrics}\n")
