"""Settings as text for people: the rows of ``pagekeep config`` and the page ``docs/settings.md``."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from pagekeep.config.declarations import PREFIX, Settings
from pagekeep.config.load import TOML_NAME


@dataclass(frozen=True, slots=True)
class SettingRow:
    """One setting, told to a person: ``value`` never shows a secret."""

    variable: str
    key: str
    value: str
    default: str
    unit: str
    help: str
    is_default: bool


def setting_rows(settings: Settings) -> Iterator[SettingRow]:
    """Yield every setting in the order of its declaration."""
    for name, field in Settings.model_fields.items():
        value = getattr(settings, name)
        extra = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
        yield SettingRow(
            variable=PREFIX + name.upper(),
            key=name,
            value=_text(value),
            default=_text(field.default),
            unit=str(extra.get("unit", "")),
            help=field.description or "",
            is_default=value == (field.default.absolute() if isinstance(field.default, Path) else field.default),
        )


def settings_page() -> str:
    """Return ``docs/settings.md``: Markdown made from the declarations."""
    lines = [
        "# Settings",
        "",
        f"Each setting is an environment variable, or the same name in lower case without `{PREFIX}` in",
        f"`{TOML_NAME}` in the data directory. The environment wins. A list is separated by commas; a size may be",
        "written like `100M`. An unknown name or a bad value stops the start and names itself. `pagekeep config` shows",
        "what is in force.",
        "",
        "| variable | default | unit | meaning |",
        "|---|---|---|---|",
    ]
    for row in setting_rows(Settings()):
        default = f"`{row.default}`" if row.default else ""
        meaning = row.help.replace("|", "\\|")
        lines.append(f"| `{row.variable}` | {default} | {row.unit} | {meaning} |")
    return "\n".join(lines) + "\n"


def _text(value: Any) -> str:
    if isinstance(value, SecretStr):
        return "(set)" if value.get_secret_value() else ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return ", ".join(value)
    return str(value)
