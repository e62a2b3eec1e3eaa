"""Fill the archive that PAGEKEEP_DATA_DIR names with something of every kind, and print a token that may do all."""

import asyncio

import django

django.setup()

from pagekeep.capture.testing import FakeEngine  # noqa: E402
from pagekeep.services.add_urls import add_urls  # noqa: E402
from pagekeep.services.create_admin import create_admin  # noqa: E402
from pagekeep.services.issue_token import issue_token  # noqa: E402
from pagekeep.services.prepare_archive import prepare_archive  # noqa: E402
from pagekeep.worker.loop import run_worker  # noqa: E402

if __name__ == "__main__":
    prepare_archive()
    admin = create_admin(password="your password").user
    add_urls([f"https://example.com/{number}" for number in range(20)], user=admin, tags=["news", "Déjà vu"])
    asyncio.run(run_worker(4, stop=asyncio.Event(), until_idle=True, engine=FakeEngine))
    add_urls(["https://example.org/waiting"], user=admin, tags=["later"])
    print(issue_token(admin)[1])  # noqa: T201
