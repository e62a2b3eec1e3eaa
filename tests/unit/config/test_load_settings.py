import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pagekeep.config.declarations import Settings
from pagekeep.config.describe import setting_rows, settings_page
from pagekeep.config.load import load_settings
from pagekeep.config.parsing import parse_size
from pagekeep.config.secret import read_key, write_key
from pagekeep.domain.errors import BadInput
from pagekeep.domain.plugins import DEFAULT_PLUGINS


def test_defaults_need_nothing(tmp_path: Path) -> None:
    found = load_settings({"PAGEKEEP_DATA_DIR": str(tmp_path / "none")})
    assert (found.host, found.port, found.tabs, found.plugins) == ("127.0.0.1", 8000, 0, DEFAULT_PLUGINS)
    assert found.data_dir == tmp_path / "none"
    assert not found.data_dir.exists()


def test_behaviours_are_chosen_by_name_or_none_at_all() -> None:
    assert load_settings({"PAGEKEEP_BEHAVIOURS": "scroll,cookies"}).behaviours == ("cookies", "scroll")
    assert load_settings({"PAGEKEEP_BEHAVIOURS": "none"}).behaviours == ()


def test_environment_wins_over_toml(tmp_path: Path) -> None:
    (tmp_path / "pagekeep.toml").write_text('port = 9000\ntabs = 4\nallowed_hosts = ["a.test", "b.test"]\n')
    found = load_settings({"PAGEKEEP_DATA_DIR": str(tmp_path), "PAGEKEEP_PORT": "9001"})
    assert (found.port, found.tabs, found.allowed_hosts) == (9001, 4, ("a.test", "b.test"))


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("ALLOW_PRIVATE", " 10.0.0.0/8 , nas.lan,localhost:8080,", ("10.0.0.0/8", "nas.lan", "localhost:8080")),
        ("PLUGINS", "pdf,title", ("title", "pdf")),
        ("ONLY_NEW", "yes", True),
        ("PUBLIC_INDEX", "off", False),
        ("MAX_BODY_SIZE", "5 MB", 5 * 2**20),
        ("CHROMIUM_SANDBOX", "OFF", "off"),
        ("BASE_URL", "https://archive.test/", "https://archive.test"),
        ("TABS", "", 0),
    ],
)
def test_values_parse_kindly(tmp_path: Path, name: str, text: str, value: object) -> None:
    found = load_settings({"PAGEKEEP_DATA_DIR": str(tmp_path), f"PAGEKEEP_{name}": text})
    assert getattr(found, name.lower()) == value


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("PROT", "1", "PAGEKEEP_PORT"),
        ("port", "1", "PAGEKEEP_PORT"),
        ("PORT", "http", "PAGEKEEP_PORT"),
        ("PORT", "70000", "PAGEKEEP_PORT"),
        ("PLUGINS", "screenshots", "did you mean 'screenshot'"),
        ("BEHAVIOURS", "scrol,lazy", "did you mean 'scroll'"),
        ("ONLY_NEW", "perhaps", "PAGEKEEP_ONLY_NEW"),
        ("MAX_VISIT_SIZE", "lots", "PAGEKEEP_MAX_VISIT_SIZE"),
        ("MAX_VISIT_SIZE", "1M", "PAGEKEEP_MAX_BODY_SIZE"),
        ("TRUSTED_PROXIES", "proxy.lan", "proxy.lan"),
        ("BASE_URL", "archive.test", "PAGEKEEP_BASE_URL"),
        ("BASE_URL", "https://archive.test/sub", "PAGEKEEP_BASE_URL"),
        ("CHROMIUM_SANDBOX", "never", "PAGEKEEP_CHROMIUM_SANDBOX"),
        ("TIMEOUT", "0", "PAGEKEEP_TIMEOUT"),
        ("TIMEOUT", "nan", "PAGEKEEP_TIMEOUT"),
    ],
)
def test_bad_settings_are_named(tmp_path: Path, name: str, text: str, said: str) -> None:
    with pytest.raises(BadInput) as error:
        load_settings({"PAGEKEEP_DATA_DIR": str(tmp_path), f"PAGEKEEP_{name}": text})
    assert said in str(error.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [("prot = 1", "did you mean 'port'"), ("port = ", "TOML"), ("data_dir = 'x'", "data_dir"), ("tabs = 'x'", "toml")],
)
def test_bad_toml_is_named(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "pagekeep.toml").write_text(text)
    with pytest.raises(BadInput) as error:
        load_settings({"PAGEKEEP_DATA_DIR": str(tmp_path)})
    assert said in str(error.value)


def test_settings_are_frozen(tmp_path: Path) -> None:
    found = load_settings({"PAGEKEEP_DATA_DIR": str(tmp_path)})
    with pytest.raises(ValueError, match="frozen"):
        found.port = 1


def test_secrets_are_never_shown(tmp_path: Path) -> None:
    found = load_settings({"PAGEKEEP_DATA_DIR": str(tmp_path), "PAGEKEEP_SECRET_KEY": "hunter2hunter2"})
    shown = [*(row.value for row in setting_rows(found)), repr(found), settings_page()]
    assert not any("hunter2" in text for text in shown)
    assert next(row for row in setting_rows(found) if row.key == "secret_key").value == "(set)"


def test_bad_value_of_a_secret_is_not_repeated(tmp_path: Path) -> None:
    (tmp_path / "pagekeep.toml").write_text("secret_key = 123456789\n")
    with pytest.raises(BadInput) as error:
        load_settings({"PAGEKEEP_DATA_DIR": str(tmp_path)})
    assert "123456789" not in str(error.value)


def test_page_has_every_setting() -> None:
    page = settings_page()
    for row in setting_rows(load_settings({"PAGEKEEP_DATA_DIR": "/nonexistent"})):
        assert f"`{row.variable}`" in page
        assert row.help


def test_key_is_kept_privately_and_once(tmp_path: Path) -> None:
    assert read_key(tmp_path) == ""
    write_key(tmp_path, "abc")
    assert read_key(tmp_path) == "abc"
    assert stat.S_IMODE((tmp_path / "secret_key").stat().st_mode) == 0o600
    with pytest.raises(FileExistsError):
        write_key(tmp_path, "other")


@given(st.integers(min_value=0, max_value=2**40), st.sampled_from(["", "k", "KB", "MiB", " G", "gib"]))
def test_sizes_are_powers_of_1024(number: int, unit: str) -> None:
    power = {"": 0, "k": 1, "m": 2, "g": 3}[unit.strip().lower()[:1]]
    assert parse_size(f"{number}{unit}") == number * 1024**power


def test_a_size_beyond_all_numbers_is_refused_in_one_sentence() -> None:
    with pytest.raises(BadInput, match="write a number of bytes"):
        load_settings({"PAGEKEEP_MAX_BODY_SIZE": "9" * 400})


@given(st.text(max_size=40), st.text(max_size=40))
def test_any_variable_is_taken_or_refused_in_one_sentence(name: str, text: str) -> None:
    refused = ""
    try:
        load_settings({f"PAGEKEEP_{name}": text, "PAGEKEEP_DATA_DIR": "/nonexistent"})
    except BadInput as error:
        refused = str(error)
    known = name.lower() in Settings.model_fields and name.isupper()
    assert ("PAGEKEEP_" in refused) or known
