import pytest
from django.test import Client

from pagekeep.archive.models import APIToken, Crawl, Snapshot
from pagekeep.domain.status import SnapshotStatus
from pagekeep.services.issue_token import issue_token
from pagekeep.services.wiring import snapshot_files

FILES = {"dom/output.html": (b"<p>", "text/html")}


@pytest.mark.parametrize("model", ["snapshot", "archiveresult", "crawl", "tag", "apitoken", "worker"])
def test_lists_open(staff: Client, make_snapshot, admin, model: str) -> None:
    make_snapshot(files=FILES, tags=["x"])
    issue_token(admin)
    assert staff.get(f"/admin/archive/{model}/").status_code == 200
    assert staff.get(f"/admin/archive/{model}/?q=e").status_code == 200
    assert staff.get(f"/admin/archive/{model}/add/").status_code == (200 if model == "apitoken" else 403)


def test_details_are_read_only(staff: Client, make_snapshot) -> None:
    snapshot = make_snapshot(files=FILES)
    path = f"/admin/archive/snapshot/{snapshot.pk}/change/"
    assert b"View snapshot" in staff.get(path).content
    assert staff.post(path, {"title": "changed"}).status_code == 403
    assert staff.get(f"/admin/archive/crawl/{Crawl.objects.get().pk}/change/").status_code == 200


def test_deleting_goes_through_the_service(staff: Client, make_snapshot) -> None:
    one, two, three = (make_snapshot(f"https://example.com/{n}", files=FILES) for n in range(3))
    staff.post(f"/admin/archive/snapshot/{one.pk}/delete/", {"post": "yes"})
    chosen = {"action": "delete_selected", "_selected_action": [str(two.pk)], "post": "yes"}
    staff.post("/admin/archive/snapshot/", chosen)
    assert list(Snapshot.objects.all()) == [three]
    assert not snapshot_files(one.pk).folder.exists()
    assert not snapshot_files(two.pk).folder.exists()


def test_actions(staff: Client, make_snapshot, admin) -> None:
    snapshot = make_snapshot(status=SnapshotStatus.FAILED)
    staff.post("/admin/archive/snapshot/", {"action": "retry", "_selected_action": [str(snapshot.pk)]})
    snapshot.refresh_from_db()
    assert snapshot.status == SnapshotStatus.QUEUED
    staff.post("/admin/archive/snapshot/", {"action": "cancel", "_selected_action": [str(snapshot.pk)]})
    snapshot.refresh_from_db()
    assert snapshot.status == SnapshotStatus.SEALED
    token, _ = issue_token(admin)
    staff.post("/admin/archive/apitoken/", {"action": "revoke", "_selected_action": [str(token.pk)]})
    assert APIToken.objects.get().revoked_at is not None


def test_the_digest_of_a_token_is_not_shown(staff: Client, admin) -> None:
    token, text = issue_token(admin)
    page = staff.get(f"/admin/archive/apitoken/{token.pk}/change/").content.decode()
    assert token.digest not in page
    assert text not in page
