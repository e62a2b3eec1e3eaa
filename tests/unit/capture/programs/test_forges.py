"""Which pages lead to a repository."""

import pytest

from pagekeep.capture.programs.forges import repository_url


@pytest.mark.parametrize(
    ("url", "repository"),
    [
        ("https://github.com/owner/name", "https://github.com/owner/name.git"),
        ("https://www.github.com/owner/name/?tab=readme#top", "https://github.com/owner/name.git"),
        ("http://github.com/owner/name.git", "https://github.com/owner/name.git"),
        ("https://github.com/owner/.github", "https://github.com/owner/.github.git"),
        ("https://github.com/owner/name.js/tree/main/src", "https://github.com/owner/name.js.git"),
        ("https://github.com/owner/name/blob/main/README.md", "https://github.com/owner/name.git"),
        ("https://github.com/owner/name/commit/0123abc", "https://github.com/owner/name.git"),
        ("https://gitlab.com/group/name", "https://gitlab.com/group/name.git"),
        ("https://gitlab.com/group/sub/name/-/blob/main/a.c", "https://gitlab.com/group/sub/name.git"),
        ("https://codeberg.org/owner/name/src/branch/main", "https://codeberg.org/owner/name.git"),
        ("https://bitbucket.org/owner/name/src/main/", "https://bitbucket.org/owner/name.git"),
        ("https://git.sr.ht/~owner/name/tree/master/item/x", "https://git.sr.ht/~owner/name"),
        ("https://git.example.org/deep/down/name.git/", "https://git.example.org/deep/down/name.git"),
        ("http://me:secret@git.example.org:81/name.git?x=1#y", "http://git.example.org:81/name.git"),
    ],
)
def test_repository_pages_lead_to_it(url, repository):
    assert repository_url(url) == repository


@pytest.mark.parametrize(
    "url",
    [
        "https://github.com/",
        "https://github.com/owner",
        "https://github.com/Features/actions",
        "https://github.com/orgs/owner/people",
        "https://github.com/owner/name/issues/3",
        "https://github.com/owner/name/pull/4/files",
        "https://github.com/owner/name/tree",
        "https://github.com/--upload-pack=x/name",
        "https://gitlab.com/group/name/-/issues/3",
        "https://gitlab.com/group/-/epics",
        "https://codeberg.org/owner/name/wiki",
        "https://git.sr.ht/~owner",
        "https://github.com.example.org/owner/name",
        "https://example.org/owner/name",
        "https://example.org/name.git/info/refs",
        "ssh://git.example.org/name.git",
        "file:///srv/name.git",
    ],
)
def test_other_pages_do_not(url):
    assert repository_url(url) is None
