import contextlib
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pagekeep.config.database_url import DatabaseUrl, parse_database_url
from pagekeep.config.describe import setting_rows
from pagekeep.config.load import load_settings
from pagekeep.domain.errors import BadInput

WORDS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("postgresql://keeper:pw@db.lan:5433/pages", DatabaseUrl("db.lan", 5433, "pages", "keeper", "pw", {})),
        ("postgres://db.lan/pages", DatabaseUrl("db.lan", 0, "pages", "", "", {})),
        ("postgresql:///pages", DatabaseUrl("", 0, "pages", "", "", {})),
        ("postgresql://[::1]/pages", DatabaseUrl("::1", 0, "pages", "", "", {})),
        ("postgresql://me@/pages?host=/run/pg", DatabaseUrl("/run/pg", 0, "pages", "me", "", {})),
        (
            "postgresql://db/pages?sslmode=verify-full&sslrootcert=/ca.pem",
            DatabaseUrl("db", 0, "pages", "", "", {"sslmode": "verify-full", "sslrootcert": "/ca.pem"}),
        ),
    ],
)
def test_forms_of_addresses(text: str, meant: DatabaseUrl) -> None:
    assert parse_database_url(text) == meant


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("mysql://keeper:s3cret@db/pages", "only PostgreSQL"),
        ("keeper:s3cret@db/pages", "only PostgreSQL"),
        ("postgresql://keeper:s3cret@db", "names no database"),
        ("postgresql://keeper:s3cret@db/", "names no database"),
        ("postgresql://keeper:s3cret@db/a/b", "names no database"),
        ("postgresql://keeper:s3cret%00@db/a", "names no database"),
        ("postgresql://keeper:s3cret#1@db/pages", "encode"),
        ("postgresql://keeper:s3cret/1@db/pages", "encode"),
        ("postgresql://keeper:s3cret@db:99999/pages", "write it like"),
        ("postgresql://keeper:s3cret@[db/pages", "write it like"),
        ("postgresql://keeper:s3cret@db/pages?password=s3cret", "only host, sslmode"),
        ("postgresql://keeper:s3cret@db/pages?s3cret", "write it like"),
        ("postgresql://keeper:s3cret@db/pages?host=/run", "two hosts"),
    ],
)
def test_what_is_none_is_told_without_its_password(text: str, said: str) -> None:
    with pytest.raises(BadInput) as caught:
        load_settings({"PAGEKEEP_DATABASE_URL": text})
    assert str(caught.value).startswith("The setting PAGEKEEP_DATABASE_URL from the environment is bad: ")
    assert said in str(caught.value)
    assert "s3cret" not in str(caught.value)


@given(user=WORDS, password=WORDS, name=WORDS.filter(lambda name: "/" not in name))
def test_names_and_passwords_may_hold_anything_that_is_encoded(user: str, password: str, name: str) -> None:
    text = f"postgresql://{quote(user, safe='')}:{quote(password, safe='')}@db:1/{quote(name, safe='')}"
    assert parse_database_url(text) == DatabaseUrl("db", 1, name, user, password, {})


@given(st.text())
def test_no_text_raises_anything_else(text: str) -> None:
    with contextlib.suppress(ValueError):
        assert parse_database_url(text).name


def test_the_password_is_never_shown() -> None:
    url = "postgresql://keeper:s3cret@db/pages"
    settings = load_settings({"PAGEKEEP_DATABASE_URL": url})
    assert settings.database_url.get_secret_value() == url
    assert "s3cret" not in repr(settings) + str(list(setting_rows(settings))) + repr(parse_database_url(url))
