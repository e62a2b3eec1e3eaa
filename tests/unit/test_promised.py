import pytest

from promised import differences


@pytest.mark.parametrize(
    ("promised", "answer"),
    [
        ({"a": 1}, {"a": 1, "b": 2}),
        ({"a": "…"}, {"a": {"anything": [1]}}),
        ([{"a": 1}], [{"a": 1}, {"a": 2}]),
        ([], []),
        ("Queued 1 snapshot in crawl ….", "Queued 1 snapshot in crawl 0199."),
        ("…", ""),
    ],
)
def test_kept_promises(promised: object, answer: object) -> None:
    assert differences(promised, answer) == []


@pytest.mark.parametrize(
    ("promised", "answer"),
    [
        ({"a": 1}, {"b": 1}),
        ({"a": 1}, {"a": 2}),
        ({"a": 1}, []),
        ([1], []),
        ([], [1]),
        ([1, 2], [1, 3]),
        ("a", "ab"),
        ("a …", "b a c"),
        ("… z", "a z b"),
        (None, 0),
    ],
)
def test_broken_promises(promised: object, answer: object) -> None:
    assert differences(promised, answer)
