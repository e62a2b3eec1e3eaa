"""Runs tests on PostgreSQL in place of SQLite: ``python -m pytest -p tests.on_postgres tests/integration/archive``.

A plugin of pytest: before anything reads the settings it starts a server of its own in a temporary folder, reached
through a socket only, and removes both when the tests have ended. With ``-n`` each process has its own.
"""

import os

import pytest
from tests.postgres_server import PostgresServer

URL_FOR_TESTS = "POSTGRES_URL_FOR_TESTS"
"""Tells the tests' own set-up that the database is ours to fill and empty."""

_server = PostgresServer()
_server.start()
os.environ[URL_FOR_TESTS] = os.environ["PAGEKEEP_DATABASE_URL"] = _server.url("pagekeep")


def pytest_configure(config: pytest.Config) -> None:
    # Nobody needs the database to be dropped: it goes with its server.
    config.option.reuse_db = True


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    left_out = [item for item in items if item.get_closest_marker("sqlite")]
    items[:] = [item for item in items if item not in left_out]
    config.hook.pytest_deselected(items=left_out)


@pytest.hookimpl(trylast=True)
def pytest_unconfigure() -> None:
    _server.stop()
