import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pagekeep.crawl.identity import canonical_path, escaped, split
from pagekeep.crawl.robots import MAX_BYTES, Robots, origin_of, parse_robots

HOST = "https://example.com"


def allowed(robots: str, path: str) -> bool:
    return parse_robots(robots.encode()).allows(HOST + path)


@pytest.mark.parametrize(
    ("rules", "path", "allows"),
    [
        ("Disallow: /", "/", False),
        ("Disallow:", "/a", True),
        ("Disallow: /a", "/abc", False),
        ("Disallow: /a", "/A", True),
        ("Disallow: /a/\nAllow: /a/b", "/a/b/c", True),
        ("Allow: /a/b\nDisallow: /a/", "/a/c", False),
        ("Disallow: /page\nAllow: /page", "/page", True),
        ("Allow: /$\nDisallow: /", "/", True),
        ("Allow: /$\nDisallow: /", "/a", False),
        ("Disallow: /*.php$", "/a/b.php", False),
        ("Disallow: /*.php$", "/a.php?x", True),
        ("Disallow: /*.php", "/a.php?x", False),
        ("Disallow: /a*b*c", "/a-c-b", True),
        ("Disallow: /*?", "/a?b", False),
        ("Disallow: /*?", "/a", True),
        ("Disallow: /*a$", "/a", False),
        ("Disallow: /a*a$", "/a", True),
        ("Disallow: /ab*\nAllow: /ab", "/abc", False),
        ("Disallow: private", "/private/", False),
        ("Disallow: /%7Euser/ü", "/~user/%c3%bc", False),
        ("Disallow: /a%2fb", "/a/b", True),
        ("Disallow: /a%2Ab", "/a*b", False),
        ("Disallow: /a$b", "/a$b", False),
        ("Disallow: /a", "/x/../a", False),
        ("Disallow: /", "/robots.txt", True),
        ("disallow : /a # no", "/a", False),
        ("Noindex: /a", "/a", True),
    ],
)
def test_the_longest_pattern_that_fits_decides(rules: str, path: str, allows: bool) -> None:
    assert allowed(f"User-agent: *\n{rules}", path) is allows


@pytest.mark.parametrize(
    ("text", "allows"),
    [
        ("User-agent: *\nDisallow: /\n\nUser-agent: Pagekeep\nDisallow: /x", True),
        ("User-agent: PAGEKEEP/2.0\nDisallow: /\n\nUser-agent: *\nDisallow:", False),
        ("User-agent: pagekeeper\nDisallow: /", True),
        ("User-agent: a\nUser-agent: pagekeep\nDisallow: /", False),
        ("User-agent: pagekeep\nDisallow: /x\nUser-agent: b\nDisallow: /", True),
        ("User-agent: pagekeep\nDisallow: /x\n\nUser-agent: b\nDisallow: /y\nUser-agent: pagekeep\nDisallow: /", False),
        ("User-agent: pagekeep\nSitemap: /s\nUser-agent: b\nDisallow: /", False),
        ("User-agent: *\nCrawl-delay: 1\nUser-agent: b\nDisallow: /", True),
        ("Disallow: /", True),
        ("<html>Disallow: /</html>", True),
        ("\ufeffUser-agent: *\rDisallow: /", False),
        ("", True),
    ],
)
def test_the_groups_that_name_us_count_or_else_those_for_everybody(text: str, allows: bool) -> None:
    assert allowed(text, "/a") is allows


def test_delay_and_sitemaps_are_read() -> None:
    text = "User-agent: *\nCrawl-delay: 2.5\n\nUser-agent: x\nCrawl-delay: 9\nSitemap: https://example.com/s.xml#a\n"
    assert parse_robots(text) == Robots((), 2.5, ("https://example.com/s.xml#a",))
    assert parse_robots("User-agent: *\nCrawl-delay: nan\nCrawl-delay: -1\nCrawl-delay: inf").delay is None
    assert parse_robots("User-agent: *\nCrawl-delay: 1e9").delay == 3600


def test_what_is_beyond_the_limit_is_not_read() -> None:
    text = "User-agent: *\n".ljust(MAX_BYTES, "\n") + "Disallow: /"
    assert allowed(text, "/a")


def test_no_robots_txt_takes_long() -> None:
    stars = "User-agent: *\n" + "Disallow: /" + "*a" * 800 + "b\n"
    many = "User-agent: *\n" + "".join(f"Disallow: /*a{number}\n" for number in range(30_000))
    plain = "User-agent: *\n" + "".join(f"Disallow: /{'x' * (number % 900)}{number}\n" for number in range(1000))
    began = time.process_time()
    for text in (stars, many, plain):
        robots = parse_robots(text)
        for number in range(100):
            robots.allows(f"{HOST}/{'a' * 1900}{number}")
    assert time.process_time() - began < 10


def test_origins() -> None:
    assert origin_of("HTTP://me:pw@EXAMPLE.com.:80/a?b") == "http://example.com"
    assert origin_of("https://[::1]:8443/") == "https://[::1]:8443"
    assert origin_of("mailto:a@b") == ""


_lines = st.sampled_from(
    ["User-agent: *", "User-agent: pagekeep", "User-agent: x", "Crawl-delay: 3", "Sitemap: /s", ""]
)
_rules = st.builds("{}: {}".format, st.sampled_from(["Allow", "Disallow"]), st.text("/ab*$%2é#", max_size=8))
_texts = st.text() | st.lists(_lines | _rules).map("\n".join)


@given(_texts)
def test_what_is_kept_of_it_says_the_same(text: str) -> None:
    robots = parse_robots(text)
    assert parse_robots(robots.as_text()) == robots


@given(_texts, st.text("/ab?*$%2é", max_size=10))
def test_the_answer_is_that_of_the_rule_written_out(text: str, path: str) -> None:
    """Against a slow reading of the RFC: all rules, each as a regular expression."""
    robots, url = parse_robots(text), f"{HOST}/{path}"
    parts = split(url)
    assert parts is not None
    asked = canonical_path(parts.path) + (f"?{escaped(parts.query)}" if parts.query else "")
    asked = asked.replace("*", "%2A").replace("$", "%24")
    fitting = []
    for allow, pattern in robots.rules:
        end = "$" if pattern.endswith("$") else ""
        expression = ".*".join(map(re.escape, pattern.removesuffix("$").split("*")))
        if re.match(f"{expression}{end and chr(92) + 'Z'}", asked):
            fitting.append((len(pattern), allow))
    assert robots.allows(url) is (max(fitting)[1] if fitting else True)
