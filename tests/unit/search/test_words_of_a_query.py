import sqlite3
from contextlib import closing

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pagekeep.search.index import Asked, SearchMode
from pagekeep.search.words import all_of, joined, parted, phrase_query, trigrams, word_query

TEXT = "The quick brown fox jumps over the lazy dog. 東京都の天気 Déjà vu"


def found(query: str, text: str = TEXT) -> bool:
    with closing(sqlite3.connect(":memory:")) as database:
        database.execute("CREATE VIRTUAL TABLE t USING fts5(text, deeper, tokenize='unicode61 remove_diacritics 2')")
        database.execute("INSERT INTO t VALUES (?, '')", [parted(text)])
        return bool(query) and bool(database.execute("SELECT 1 FROM t WHERE t MATCH ?", [query]).fetchall())


@pytest.mark.parametrize(
    "text", ["fox", "FOX dog", '"quick brown"', "lazy-dog", "deja", "東京", "天気", "dog. (The)", '"fox']
)
def test_words_and_quoted_words_are_found(text: str) -> None:
    assert found(word_query(text))
    assert found(word_query(text, "text"))


@pytest.mark.parametrize(
    "text", ["cat", "fox cat", '"brown quick"', "京東", "fox NOT", "fo*", "text:fox", "", '""', "…"]
)
def test_what_is_not_there_is_not_found_and_nothing_is_an_operator(text: str) -> None:
    assert not found(word_query(text))


@given(st.text(max_size=300))
@example('"')
@example("a\x00b")
@example("NEAR(a b) AND {x y}: ^ + - *")
def test_any_text_is_a_query(text: str) -> None:
    found(word_query(Asked.of(text).text, "text"))


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), min_size=3, max_size=200))
def test_any_text_finds_itself_by_its_trigrams(text: str) -> None:
    with closing(sqlite3.connect(":memory:")) as database:
        database.execute("CREATE VIRTUAL TABLE t USING fts5(text, tokenize='trigram')")
        database.execute("INSERT INTO t VALUES (?)", [f"before{text}after"])
        for query in (phrase_query(text), all_of(trigrams(text))):
            assert database.execute("SELECT count(*) FROM t WHERE t MATCH ?", [query]).fetchone() == (1,)


@given(st.text())
def test_parted_text_is_joined_again(text: str) -> None:
    plain = joined(text)
    assert joined(parted(plain)) == plain


def test_what_comes_from_outside_is_cleaned() -> None:
    assert Asked.of(" a\x00b\ud800c\n") == Asked("a bc", SearchMode.META)
    assert Asked.of("x" * 20_000, "deep") == Asked("x" * 10_000, SearchMode.DEEP)
