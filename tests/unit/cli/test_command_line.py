"""The root of the command line, and the commands that need no archive."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from pagekeep import __version__
from pagekeep.cli.main import COMMANDS, cli
from pagekeep.config.declarations import Settings


def invoke(*arguments: str, stdin: str | None = None) -> Result:
    return CliRunner().invoke(cli, list(arguments), input=stdin, prog_name="pagekeep")


def test_help_lists_every_command_with_a_sentence() -> None:
    result = invoke("--help")
    assert result.exit_code == 0
    for name, entry in COMMANDS.items():
        assert f"  {name} " in result.stdout
        assert entry.help.endswith(".")


def test_every_command_in_the_list_has_help_of_its_own() -> None:
    for name in COMMANDS:
        result = invoke(name, "--help")
        assert result.exit_code == 0, name
        assert f"Usage: pagekeep {name}" in result.stdout


def test_version_says_the_version() -> None:
    assert __version__ in invoke("version").stdout
    assert json.loads(invoke("version", "--json").stdout)["version"] == __version__


@pytest.mark.parametrize(
    "arguments", [("staus",), ("add", "--bogus"), ("list", "--status", "bogus"), ("worker", "--tabs", "0")]
)
def test_bad_usage_is_exit_code_2_and_goes_to_stderr(arguments: tuple[str, ...]) -> None:
    result = invoke(*arguments)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert "Error: " in result.stderr
    assert "Traceback" not in result.stderr


def test_a_mistyped_command_is_corrected() -> None:
    assert "did you mean 'status'?" in invoke("staus").stderr


def test_add_without_urls_is_one_sentence() -> None:
    result = invoke("add", stdin="# nothing here\n\n")
    assert result.exit_code == 2
    assert result.stderr.splitlines() == [
        "Error: No URL was given; name URLs or files as arguments or pipe them in, one per line or as a list of links."
    ]


def test_run_refuses_a_bad_url_before_it_starts_anything() -> None:
    result = invoke("run", "ftp://example.com/")
    assert result.exit_code == 2
    assert "only http:// and https://" in result.stderr


def test_config_lists_every_setting_as_jsonl() -> None:
    rows = [json.loads(line) for line in invoke("config", "--json").stdout.splitlines()]
    assert [row["key"] for row in rows] == list(Settings.model_fields)
    by_key = {row["key"]: row for row in rows}
    assert by_key["data_dir"]["source"] == "environment"
    assert by_key["tabs"] == {
        "type": "setting",
        "variable": "PAGEKEEP_TABS",
        "key": "tabs",
        "value": "0",
        "default": "0",
        "unit": "pages",
        "help": Settings.model_fields["tabs"].description,
        "source": "default",
    }


def test_config_as_markdown_is_the_settings_page() -> None:
    page = invoke("config", "--markdown").stdout
    assert page.startswith("# Settings\n")
    assert page.endswith("|\n")
    assert "| `PAGEKEEP_PORT` | `8000` |" in page


def test_the_sample_page_is_shipped_whole() -> None:
    folder = Path(__file__).parents[3] / "src/pagekeep/cli/sample"
    page = (folder / "index.html").read_text()
    for name in ("style.css", "facts.js", "icon.svg", "shelf.svg", "lamp.svg"):
        assert f'"{name}"' in page
        assert (folder / name).stat().st_size > 0
    assert json.loads((folder / "facts.json").read_text())
