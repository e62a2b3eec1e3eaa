import asyncio
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from django.db import connection

from pagekeep.archive import queue
from pagekeep.archive.models import Crawl, Persona, Snapshot
from pagekeep.archive.persona_queries import find_persona
from pagekeep.capture.testing import FakeEngine
from pagekeep.domain.cookies import Cookie
from pagekeep.domain.errors import AmbiguousReference, BadInput, Conflict, NotFound
from pagekeep.domain.identity import Identity
from pagekeep.domain.site_storage import SiteStorage
from pagekeep.services.add_urls import add_urls
from pagekeep.services.change_persona import change_persona
from pagekeep.services.known_persona import known_persona
from pagekeep.services.load_identity import load_identity
from pagekeep.services.make_persona import ensure_default, make_persona
from pagekeep.services.persona_parts import PersonaParts, persona_parts
from pagekeep.services.remove_persona import remove_persona
from pagekeep.services.retry_snapshot import retry_snapshot
from pagekeep.services.run_capture import run_capture
from pagekeep.services.sync_persona import sync_persona
from pagekeep.services.wiring import data_dir, persona_files
from pagekeep.storage.persona_files import AUTH, COOKIES

pytestmark = pytest.mark.django_db(transaction=True)

COOKIE_LINE = "a.example\tFALSE\t/\tTRUE\t0\tsid\ts3cret-value\n"
STORAGE = {"localStorage": {"https://a.example": {"token": "s3cret-token"}}}


@pytest.fixture(autouse=True)
def _personas() -> Iterator[None]:
    data_dir().prepare()
    ensure_default()
    yield
    shutil.rmtree(data_dir().personas)


def capture(engine: FakeEngine) -> Snapshot:
    """Capture the page that is due."""
    owner = uuid4()
    claimed = queue.claim(owner, 60)
    assert claimed is not None
    asyncio.run(run_capture(claimed, owner, engine))
    claimed.refresh_from_db()
    return claimed


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_the_default_is_made_once() -> None:
    ensure_default()
    assert Persona.objects.get().name == "Default"


@pytest.mark.sqlite
def test_a_persona_is_kept_with_its_secrets_for_the_owners_eyes_only() -> None:
    made = make_persona(" Work ", persona_parts({"language": "de-DE"}, COOKIE_LINE, STORAGE), user=None)
    assert (made.name, made.config) == ("Work", {"language": "de-DE"})
    folder = persona_files(made.pk).folder
    assert {path.name for path in folder.iterdir()} == {COOKIES, AUTH}
    assert [mode(path) for path in (folder / COOKIES, folder / AUTH, folder, folder.parent)] == [0o600, 0o600] + [
        0o700
    ] * 2
    # Asked through SQLite: whoever opens and closes the file by himself takes this process's locks on it away.
    assert b"s3cret" not in connection.connection.serialize()
    assert load_identity("work") == Identity(
        languages=("de-DE", "de"),
        cookies=(Cookie("sid", "s3cret-value", "a.example", secure=True),),
        storage=(SiteStorage("https://a.example", {"token": "s3cret-token"}, {}),),
        owner=str(made.pk),
    )


def test_what_is_given_replaces_what_is_there_and_nothing_else() -> None:
    made = make_persona("Work", persona_parts({"language": "de"}, COOKIE_LINE, STORAGE), user=None)
    change_persona(made.pk, persona_parts(settings={"timezone": "UTC"}))
    identity = load_identity("Work")
    assert (identity.timezone, identity.languages[0], len(identity.cookies)) == ("UTC", "en-US", 1)
    change_persona(made.pk, persona_parts(cookies_txt=""))
    identity = load_identity("Work")
    assert (identity.timezone, identity.cookies, len(identity.storage)) == ("UTC", (), 1)
    change_persona(made.pk, persona_parts(auth_json={}))
    assert not load_identity("Work").has_secrets
    assert list(persona_files(made.pk).folder.iterdir()) == []


def test_nothing_is_kept_of_what_is_refused() -> None:
    made = make_persona("Work", persona_parts(None, COOKIE_LINE), user=None)
    with pytest.raises(Conflict):
        change_persona(made.pk, persona_parts({"language": "de"}, cookies_txt=""), name="default")
    assert len(load_identity("Work").cookies) == 1
    with pytest.raises(Conflict):
        make_persona("WORK", persona_parts(None, COOKIE_LINE), user=None)
    assert len(list(data_dir().personas.iterdir())) == 1


def test_a_disk_that_refuses_leaves_the_records_as_they_were(monkeypatch: pytest.MonkeyPatch) -> None:
    made = make_persona("Work", user=None)
    persona_files(made.pk).folder.parent.mkdir(exist_ok=True)
    persona_files(made.pk).folder.write_bytes(b"a file in the way")
    with pytest.raises(OSError, match="File exists"):
        change_persona(made.pk, persona_parts({"language": "de"}, COOKIE_LINE))
    made.refresh_from_db()
    assert made.config == {}
    persona_files(made.pk).folder.unlink()


def test_crawls_go_by_the_new_name() -> None:
    made = make_persona("Work", user=None)
    add_urls(["https://a.example/"], user=None, persona=known_persona("WORK"))
    change_persona(made.pk, name="Job")
    assert Crawl.objects.get().persona == "Job"
    assert known_persona(" job ") == "Job"
    with pytest.raises(BadInput, match=r"There is no persona 'Work'; known are 'Default', 'Job'\."):
        known_persona("Work")


def test_the_default_stays() -> None:
    default = find_persona("default")
    with pytest.raises(Conflict, match="cannot be removed"):
        remove_persona(default.pk)
    with pytest.raises(Conflict, match="keeps its name"):
        change_persona(default.pk, name="Other")
    change_persona(default.pk, persona_parts({"color_scheme": "dark"}), name="Default")
    assert load_identity("").color_scheme == "dark"


def test_removing_takes_the_secrets_along() -> None:
    made = make_persona("Work", persona_parts(None, COOKIE_LINE, STORAGE), user=None)
    assert remove_persona(made.pk) == "Work"
    assert not persona_files(made.pk).folder.exists()
    with pytest.raises(NotFound):
        remove_persona(made.pk)
    with pytest.raises(NotFound):
        change_persona(made.pk, name="Other")


def test_references_are_names_or_ids() -> None:
    made = make_persona("Work", user=None)
    for reference in ("work", str(made.pk), made.pk.hex):
        assert find_persona(reference) == made
    with pytest.raises(NotFound):
        find_persona("nobody")
    with pytest.raises(AmbiguousReference):
        find_persona(str(made.pk)[:2])


def test_a_page_is_visited_as_its_crawls_persona() -> None:
    make_persona("Work", persona_parts({"language": "de", "user_agent": "Worker/1"}, COOKIE_LINE), user=None)
    add_urls(["https://a.example/"], user=None, persona="Work")
    engine = FakeEngine()
    assert capture(engine).status == "succeeded"
    (request,) = engine.requests
    assert request.identity == load_identity("Work")
    assert not request.secrecy.cookies
    assert "s3cret" not in repr(request)


@pytest.mark.parametrize(
    ("config", "persona", "sent"),
    [
        ({"USER_AGENT": "Crawl/1"}, {"user_agent": "Worker/1"}, "Crawl/1"),
        ({}, {"user_agent": "Worker/1"}, "Worker/1"),
        ({}, {}, ""),
    ],
)
def test_the_nearest_user_agent_counts(config: dict[str, object], persona: dict[str, object], sent: str) -> None:
    make_persona("Work", persona_parts(persona), user=None)
    add_urls(["https://a.example/"], user=None, persona="Work", config=config)
    engine = FakeEngine()
    capture(engine)
    assert engine.requests[0].identity.user_agent == sent


def test_without_its_persona_a_page_fails_and_can_be_retried() -> None:
    made = make_persona("Work", user=None)
    add_urls(["https://a.example/"], user=None, persona="Work")
    remove_persona(made.pk)
    engine = FakeEngine()
    snapshot = capture(engine)
    assert (snapshot.status, engine.requests) == ("failed", [])
    assert snapshot.reason.startswith("The persona 'Work' of this crawl was removed; make one of that name and retry")
    make_persona("Work", user=None)
    retry_snapshot(snapshot.pk)
    assert capture(engine).status == "succeeded"


@pytest.mark.parametrize(("name", "data"), [(COOKIES, b"s3cret"), (COOKIES, b"\xff"), (AUTH, b"[]"), (AUTH, b"s3cret")])
def test_damaged_files_fail_the_page_with_a_sentence(name: str, data: bytes) -> None:
    made = make_persona("Work", user=None)
    persona_files(made.pk).write(name, data)
    add_urls(["https://a.example/"], user=None, persona="Work")
    snapshot = capture(FakeEngine())
    assert snapshot.status == "failed"
    assert snapshot.reason.startswith("What the persona 'Work' has of sites is damaged: ")
    assert "s3cret" not in snapshot.reason


def test_links_in_place_of_files_are_not_followed(tmp_path: Path) -> None:
    made = make_persona("Work", persona_parts(None, COOKIE_LINE), user=None)
    victim = tmp_path / "victim"
    victim.write_text(COOKIE_LINE)
    folder = persona_files(made.pk).folder
    (folder / COOKIES).unlink()
    (folder / COOKIES).symlink_to(victim)
    assert load_identity("Work").cookies == ()
    change_persona(made.pk, persona_parts(cookies_txt=COOKIE_LINE.replace("s3cret", "other")))
    assert victim.read_text() == COOKIE_LINE
    assert not (folder / COOKIES).is_symlink()


def test_syncing_is_idempotent_and_known_by_the_extensions_id() -> None:
    parts = persona_parts({"language": "de"}, COOKIE_LINE)
    first, again = (sync_persona("ext-1", "Work", parts, user=None) for _ in range(2))
    assert (first.created, again.created, again.persona) == (True, False, first.persona)
    renamed = sync_persona("ext-1", "Job", PersonaParts(), user=None)
    assert (renamed.persona.pk, renamed.persona.name) == (first.persona.pk, "Job")
    assert len(load_identity("Job").cookies) == 1


def test_an_extension_takes_over_by_name() -> None:
    make_persona("Work", user=None)
    linked = sync_persona("ext-1", "work", PersonaParts(), user=None)
    assert (linked.created, linked.taken_over, linked.persona.name) == (False, False, "Work")
    anew = sync_persona("ext-2", "Work", PersonaParts(), user=None)
    assert (anew.created, anew.taken_over, anew.persona) == (False, True, linked.persona)
    former = sync_persona("ext-1", "Work", PersonaParts(), user=None)
    assert (former.persona, former.taken_over) == (linked.persona, True)
    assert sync_persona("ext-d", "Default", PersonaParts(), user=None).persona == find_persona("Default")


def test_an_extension_cannot_give_two_personas_one_name() -> None:
    sync_persona("ext-1", "One", PersonaParts(), user=None)
    sync_persona("ext-2", "Two", PersonaParts(), user=None)
    with pytest.raises(Conflict):
        sync_persona("ext-2", "ONE", PersonaParts(), user=None)
