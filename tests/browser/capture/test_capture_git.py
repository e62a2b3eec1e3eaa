"""A repository is kept as one file that git clones from; a hostile one costs nothing but its output."""

import os
import re
import subprocess
import threading
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from pagekeep.capture.values import Limits

LIMITS = Limits(open=8.0, settle=2.0, scroll=1.0, output=5.0, download=60.0)
ENVIRONMENT = os.environ | {
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_CONFIG_NOSYSTEM": "1",
    **{f"GIT_{who}_{what}": "x@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
}


def git(folder, *arguments):
    done = subprocess.run(["git", "-C", folder, *arguments], check=True, capture_output=True, env=ENVIRONMENT)
    return done.stdout.decode().strip()


class GitServer(ThreadingHTTPServer):
    """Serves the repositories of a folder: as plain files, or below ``/smart/`` by git's own HTTP server."""

    daemon_threads = True

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        super().__init__(("127.0.0.1", 0), Handler)

    def url(self, path):
        return f"http://127.0.0.1:{self.server_port}{path}"


class Handler(SimpleHTTPRequestHandler):
    def __init__(self, request, address, server):
        super().__init__(request, address, server, directory=str(server.folder))

    def log_message(self, format, *args):
        pass

    def do_GET(self):
        path = urlsplit(self.path).path
        if path.startswith("/away.git/"):
            self.send_response(302)
            self.send_header("Location", f"http://10.255.255.1{path}")
            self.end_headers()
        elif path.startswith("/smart/") and "/info/refs" in path:
            self.do_POST()
        elif path.startswith("/smart/"):
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(b"<!doctype html><title>A repository</title>")
        else:
            super().do_GET()

    def do_POST(self):
        parts = urlsplit(self.path)
        environment = ENVIRONMENT | {
            "GIT_PROJECT_ROOT": str(self.server.folder),
            "GIT_HTTP_EXPORT_ALL": "1",
            "REQUEST_METHOD": self.command,
            "PATH_INFO": parts.path.removeprefix("/smart"),
            "QUERY_STRING": parts.query,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
        }
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        done = subprocess.run(["git", "http-backend"], input=body, capture_output=True, env=environment, check=True)
        head, _, answer = done.stdout.partition(b"\r\n\r\n")
        self.send_response(200)
        for line in head.decode().split("\r\n"):
            name, _, value = line.partition(": ")
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer)


@pytest.fixture(scope="module")
def repositories(tmp_path_factory):
    """A server of repositories: ``good``, ``empty``, ``large`` and ``evil``."""
    root = tmp_path_factory.mktemp("repositories")
    work = tmp_path_factory.mktemp("work")
    for name in ("good", "empty", "large", "evil"):
        git(root, "init", "--quiet", "--bare", "--initial-branch=trunk", f"{name}.git")
    git(work, "init", "--quiet", "--initial-branch=trunk")
    (work / "read.me").write_text("the first\n")
    git(work, "add", ".")
    git(work, "commit", "--quiet", "--message=The first")
    git(work, "tag", "--annotate", "--message=One", "v1")
    git(work, "switch", "--quiet", "--create", "side/näme")
    git(work, "commit", "--quiet", "--allow-empty", "--message=Aside")
    git(work, "push", "--quiet", "--mirror", root / "good.git")
    git(work, "switch", "--quiet", "trunk")
    (work / "large").write_bytes(os.urandom(6 << 20))
    git(work, "add", ".")
    git(work, "commit", "--quiet", "--message=Large")
    git(work, "push", "--quiet", root / "large.git", "trunk")
    (work / ".gitmodules").write_text('[submodule "x"]\n\tpath = x\n\turl = --upload-pack=evil\n')
    git(work, "add", ".")
    git(work, "commit", "--quiet", "--message=Evil")
    git(work, "push", "--quiet", root / "evil.git", "trunk")
    for name in ("good", "empty", "large", "evil"):
        git(root / f"{name}.git", "update-server-info")
    server = GitServer(root)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def keep_git(capture, tmp_path, monkeypatch):
    """Make the one output of a URL, its temporary files below ``tmp_path``; nothing of them may stay."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    yield lambda url, limits=LIMITS, **fields: capture(url, plugins=("git",), limits=limits, **fields)
    assert list(tmp_path.glob("pagekeep-program-*")) == []


@pytest.mark.parametrize("way", ["/good.git", "/smart/good.git"])
def test_bundle_is_the_whole_repository(repositories, keep_git, tmp_path, way):
    visit = keep_git(repositories.url(way))
    assert visit.result("git").summary == "good.bundle, 3 refs"
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "--quiet", visit.path("git", "good.bundle"), clone)
    assert (clone / "read.me").read_text() == "the first\n"
    source = repositories.folder / "good.git"
    asked = ("for-each-ref", "--format=%(objectname) %(objecttype) %(refname)")
    mirror = tmp_path / "mirror"
    git(tmp_path, "clone", "--quiet", "--mirror", visit.path("git", "good.bundle"), mirror)
    assert git(mirror, *asked) == git(source, *asked)

    about = visit.json("git", "refs.json")
    assert about["url"] == repositories.url(way)
    assert about["default_branch"] == "trunk"
    assert about["head"]["commit"] == git(source, "rev-parse", "trunk")
    assert about["head"]["subject"] == "The first"
    told = [f"{ref['object']} {ref['type']} {ref['name']}" for ref in about["refs"]]
    assert told == git(source, *asked).splitlines()


def test_page_without_a_repository_is_skipped(keep_git, site):
    visit = keep_git(site.url("/plain"))
    assert visit.result("git").status == "skipped"
    assert visit.result("git").summary == "The page is not that of a git repository."


@pytest.mark.parametrize(
    ("path", "words"),
    [("/empty.git", "The repository is empty."), ("/nothing.git", "There is no git repository here")],
)
def test_where_there_is_nothing_to_clone(repositories, keep_git, path, words):
    result = keep_git(repositories.url(path)).result("git")
    assert (result.status, result.files) == ("noresults", ())
    assert result.summary.startswith(words)


def test_repository_with_a_trap_is_refused(repositories, keep_git):
    result = keep_git(repositories.url("/smart/evil.git")).result("git")
    assert (result.status, result.files) == ("failed", ())
    assert result.summary.startswith("git could not clone the repository: ")


@pytest.mark.parametrize("way", ["/large.git", "/smart/large.git"])
def test_repository_that_is_too_large_is_not_kept(repositories, keep_git, way):
    limits = Limits(open=8.0, settle=2.0, scroll=1.0, output=5.0, download=60.0, download_size=2 << 20)
    result = keep_git(repositories.url(way), limits).result("git")
    assert (result.status, result.files) == ("failed", ())
    assert re.fullmatch(r"It is larger than \d+ bytes, the limit for a download\.", result.summary)


def test_server_that_never_answers_costs_its_time(site, keep_git):
    limits = Limits(open=2.0, settle=0.5, scroll=0.5, output=5.0, download=2.0)
    before = len(site.requests)
    result = keep_git(site.url("/hang/never.git"), limits).result("git")
    assert result.status == "failed"
    assert result.summary == "It took longer than 2 seconds."
    asked = [seen.path for seen in site.requests[before:]]
    assert any("/info/refs" in path for path in asked)


def test_repository_that_leads_to_a_private_address_is_not_followed(repositories, keep_git):
    result = keep_git(repositories.url("/away.git"), allow_private=("127.0.0.0/8",)).result("git")
    assert result.status == "failed"
    assert "10.255.255.1" in result.summary


def test_address_that_is_not_public_is_refused(repositories, keep_git):
    result = keep_git(repositories.url("/good.git"), allow_private=()).result("git")
    assert result.status == "failed"
    assert "PAGEKEEP_ALLOW_PRIVATE" in result.summary
