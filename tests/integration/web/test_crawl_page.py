"""The page of a crawl: counts, reasons, and what can be done with it."""

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from pagekeep.archive.models import Crawl, CrawlSitemap
from pagekeep.services.add_urls import add_urls

pytestmark = pytest.mark.django_db


@pytest.fixture
def page() -> str:
    urls = ["https://example.com/", "ftp://me:secret@example.com/<script>"]
    crawl = add_urls(urls, user=None, max_urls=5, notes="<b>mine</b>").crawl
    return f"/admin/core/crawl/{crawl.pk}/change/"


@pytest.fixture
def browser() -> Client:
    client = Client(SERVER_NAME="localhost", enforce_csrf_checks=False)
    client.force_login(User.objects.create_superuser("keeper"))
    return client


def test_it_tells_counts_and_reasons(browser: Client, page: str) -> None:
    response = browser.get(page)
    assert response.status_code == 200
    text = response.content.decode()
    assert "1 page: 0 succeeded, 0 failed, 1 open; 1 URL refused." in text
    assert "only http:// and https:// URLs can be archived" in text
    assert "<script>" not in text.replace('<script type="module"', "")
    assert "<b>mine" not in text


def test_it_tells_refusals_by_rule_and_its_sitemaps(browser: Client, page: str) -> None:
    crawl = Crawl.objects.get()
    read, failed = ("https://example.com/a.xml", "https://example.com/b.xml?<b>")
    CrawlSitemap.objects.create(crawl=crawl, url="https://example.com", level=0)
    CrawlSitemap.objects.create(crawl=crawl, url=read, level=1, found=1234)
    CrawlSitemap.objects.create(crawl=crawl, url=failed, level=1, reason="It was answered with 404.")
    CrawlSitemap.objects.create(crawl=crawl, url="https://example.com/c.xml", level=2, due_at=timezone.now())
    text = browser.get(page).content.decode()
    assert "<span>1 not_a_url</span>" in text
    assert f'{read}</bdi></p><p class="quiet">1,234 pages listed' in text
    assert 'b.xml?&lt;b&gt;</bdi></p><p class="reason"><bdi>It was answered with 404.' in text
    assert 'c.xml</bdi></p><p class="quiet">To be read' in text
    assert text.count("https://example.com</bdi>") == 0


def test_it_can_be_paused_resumed_and_cancelled(browser: Client, page: str) -> None:
    for action, state in (("pause", "paused"), ("resume", "queued"), ("cancel", "sealed"), ("resume", "sealed")):
        response = browser.post(page.replace("change", action), follow=True)
        assert response.status_code == 200
        assert Crawl.objects.get().status == state
    assert Crawl.objects.get().outcome == "cancelled"
    assert browser.post(page.replace("change", "explode")).status_code == 400


def test_strangers_and_forged_requests_change_nothing(page: str) -> None:
    forged = Client(SERVER_NAME="localhost", enforce_csrf_checks=True)
    assert forged.get(page).status_code == 302
    forged.force_login(User.objects.create_superuser("keeper"))
    assert forged.post(page.replace("change", "cancel")).status_code == 403
    assert forged.get(page.replace("change", "cancel")).status_code == 405
    assert Crawl.objects.get().status == "queued"


def test_the_pages_of_its_snapshots_and_the_administration_lead_to_it(browser: Client, page: str) -> None:
    crawl = Crawl.objects.get()
    link = f'href="{page}"'
    assert link in browser.get(f"/snapshot/{crawl.snapshots.get().pk}/").content.decode()
    assert link in browser.get(f"/admin/archive/crawl/{crawl.pk}/change/").content.decode()
