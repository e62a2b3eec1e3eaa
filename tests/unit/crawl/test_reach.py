import pytest
from hypothesis import given
from hypothesis import strategies as st

from pagekeep.crawl.reach import REACHES, Reach, registered_domain, roots_of

SEED = "https://docs.example.co.uk/guide/start.html?x=1"


def reach(name: str, *seeds: str) -> Reach:
    return Reach(name, roots_of(seeds or [SEED], name))


@pytest.mark.parametrize(
    ("link", "widest_that_leaves_it_out"),
    [
        (f"{SEED}#!part", ""),
        ("HTTP://me:pw@DOCS.example.co.uk.:80/guide/start.html?x=1", ""),
        ("https://docs.example.co.uk/guide/start.html?x=2", "page"),
        ("https://docs.example.co.uk/guide/", "page"),
        ("https://docs.example.co.uk/guide/a/b?c", "page"),
        ("https://docs.example.co.uk/%67uide/a", "page"),
        ("https://docs.example.co.uk/guide", "prefix"),
        ("https://docs.example.co.uk/guide/../x", "prefix"),
        ("https://docs.example.co.uk/guidebook/", "prefix"),
        ("https://docs.example.co.uk:8443/guide/a", "host"),
        ("https://example.co.uk/guide/a", "host"),
        ("https://a.b.example.co.uk/", "host"),
        ("https://other.co.uk/guide/a", "domain"),
        ("https://docs.example.co.uk.evil.example/guide/a", "domain"),
        ("https://docs.example.co.uk@evil.example/guide/a", "domain"),
    ],
)
def test_what_each_reach_leaves_out(link: str, widest_that_leaves_it_out: str) -> None:
    left_out = [name for name in REACHES if not reach(name).covers(link)]
    widest = REACHES.index(widest_that_leaves_it_out) + 1 if widest_that_leaves_it_out else 0
    assert left_out == list(REACHES[:widest])


@pytest.mark.parametrize(
    ("seed", "link", "same"),
    [
        ("http://127.0.0.1:80/", "https://127.0.0.1/", True),
        ("http://127.0.0.1/", "http://127.1/", True),
        ("http://127.0.0.1/", "http://127.0.0.2/", False),
        ("http://[::1]/", "http://[0::1]/", True),
        ("http://localhost/", "http://localhost:1/", True),
        ("http://localhost/", "http://nas/", False),
        ("https://bücher.example/", "https://www.xn--bcher-kva.example/", True),
        ("https://me.github.io/", "https://you.github.io/", False),
        ("https://co.uk/", "https://example.co.uk/", False),
    ],
)
def test_domains(seed: str, link: str, same: bool) -> None:
    assert reach("domain", seed).covers(link) is same


def test_any_of_several_seeds_will_do() -> None:
    both = reach("host", SEED, "https://example.org/")
    assert both.covers("https://example.org/x")
    assert not both.covers("https://example.net/x")
    refusal = both.refuse("https://example.net/x")
    assert refusal is not None
    assert (refusal.rule, "scope host" in refusal.reason) == ("out_of_scope", True)
    assert both.refuse("https://example.org/x") is None


def test_registered_domains() -> None:
    assert registered_domain("WWW.Example.CO.UK.") == "example.co.uk"
    assert registered_domain("127.1") == "127.0.0.1"
    assert registered_domain("localhost") == "localhost"


@given(st.text() | st.text("/.:@%#?ab", max_size=30).map(lambda rest: f"https://{rest}"), st.sampled_from(REACHES))
def test_a_seed_is_in_its_own_reach_and_nothing_makes_it_fail(url: str, name: str) -> None:
    roots = roots_of([url], name)
    assert not roots or Reach(name, roots).covers(url.strip())
