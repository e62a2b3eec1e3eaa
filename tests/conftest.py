"""The tests' own archive: a temporary data directory for each test process and the processes it starts.

The database in it is SQLite's, unless `on_postgres` says that it is in a PostgreSQL of the tests' own.
"""

import os
import tempfile
from pathlib import Path

import pytest
from django.db import connections

from pagekeep.config.load import settings
from pagekeep.storage.layout import DataDir

URL_FOR_TESTS = "POSTGRES_URL_FOR_TESTS"  # as in `on_postgres`
_root = tempfile.TemporaryDirectory(prefix="pagekeep-tests-")
for _variable in [name for name in os.environ if name.startswith("PAGEKEEP_")]:
    del os.environ[_variable]
os.environ["PAGEKEEP_DATA_DIR"] = _root.name
os.environ["PAGEKEEP_OBEY_ROBOTS"] = "false"  # most pages of tests are nowhere; those that are asked for it say so
if URL_FOR_TESTS in os.environ:
    os.environ["PAGEKEEP_DATABASE_URL"] = os.environ[URL_FOR_TESTS]
# pytest-django reads Django's settings before any conftest; what they were made from is read again here.
settings.cache_clear()
DataDir(settings().data_dir).prepare()


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The data directory of this test process."""
    return settings().data_dir


@pytest.fixture(scope="session")
def django_db_modify_db_settings(data_dir: Path) -> None:
    """Keep the test database in the file where other processes look for it."""
    database = connections["default"].settings_dict
    if URL_FOR_TESTS not in os.environ:
        if connections["default"].vendor != "sqlite":
            pytest.exit("PAGEKEEP_DATABASE_URL is set: the tests would empty that database. Unset it.", 2)
        database["NAME"] = DataDir(data_dir).database
    database["TEST"]["NAME"] = str(database["NAME"])
