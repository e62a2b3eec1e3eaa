"""Other settings for the length of a test."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

from pagekeep.config.load import settings


@contextmanager
def own_settings(**values: str) -> Iterator[None]:
    """Have the settings read with these values while the block runs.

    Args:
        values: names without PAGEKEEP_, as they would stand in the environment.
    """
    try:
        with patch.dict(os.environ, {f"PAGEKEEP_{name}": value for name, value in values.items()}):
            settings.cache_clear()
            yield
    finally:
        settings.cache_clear()
