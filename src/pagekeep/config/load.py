"""Read the settings from the environment and from ``pagekeep.toml`` in the data directory; nothing is passed over."""

import os
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from pydantic import ValidationError

from pagekeep.config.declarations import PREFIX, Settings, did_you_mean
from pagekeep.domain.errors import BadInput

TOML_NAME = "pagekeep.toml"


@cache
def settings() -> Settings:
    """Return the settings of this process, read at the first call."""
    return load_settings()


def load_settings(environ: Mapping[str, str] | None = None) -> Settings:
    """Read the settings; the environment wins over ``pagekeep.toml``. Relative paths start at the working directory.

    Args:
        environ: used in place of the process's environment.

    Raises:
        BadInput: a name is unknown or a value is bad; the sentence names the setting and where it stands.
    """
    from_environ = _environment(os.environ if environ is None else environ)
    data_dir = Path(str(from_environ.get("data_dir", "data"))).expanduser().absolute()
    from_toml = _toml(data_dir / TOML_NAME)
    values = from_toml | from_environ | {"data_dir": data_dir}
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        raise BadInput(_sentence(error, from_environ)) from None


def _environment(environ: Mapping[str, str]) -> dict[str, object]:
    found: dict[str, object] = {}
    for variable, text in environ.items():
        if not variable.startswith(PREFIX):
            continue
        name = variable.removeprefix(PREFIX)
        if name.lower() not in Settings.model_fields or not name.isupper():
            known = [PREFIX + field.upper() for field in Settings.model_fields]
            raise BadInput(f"The environment variable {variable} is no setting{did_you_mean(variable.upper(), known)}.")
        if text.strip():  # an empty variable, as compose files make them, means the default
            found[name.lower()] = text.strip()
    return found


def _toml(path: Path) -> dict[str, object]:
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadInput(f"{path} cannot be read as TOML: {error}.") from error
    known = [name for name in Settings.model_fields if name != "data_dir"]
    found = {key.lower().removeprefix(PREFIX.lower()): value for key, value in table.items()}
    for name in found:
        if name not in known:
            raise BadInput(f"The key {name} in {path} is no setting{did_you_mean(name, known)}.")
    return found


def _sentence(error: ValidationError, from_environ: Mapping[str, object]) -> str:
    first = error.errors(include_url=False, include_input=False)[0]
    text = first["msg"].removeprefix("Value error, ")
    if not first["loc"]:
        return f"{text}."
    name = str(first["loc"][0])
    place = "the environment" if name in from_environ else TOML_NAME
    return f"The setting {PREFIX}{name.upper()} from {place} is bad: {text[:1].lower()}{text[1:]}."
