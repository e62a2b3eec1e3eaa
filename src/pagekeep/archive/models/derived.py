from collections.abc import Callable
from typing import Any

from django.db import models


class HashOf(models.CharField):  # type: ignore[type-arg]  # it takes none at run time
    """A hash that follows from other columns: as `auto_now`, it is set anew whenever its row is written whole.

    Args:
        of: what it is of a row; empty for none.
    """

    def __init__(self, of: Callable[[Any], str] | None = None, **options: Any) -> None:
        self._of = of
        fixed: dict[str, Any] = {"max_length": 32, "blank": True, "default": "", "editable": False}
        super().__init__(**fixed | options)

    def deconstruct(self) -> tuple[str, str, Any, Any]:
        """Say what it is to the database: migrations need not know what it is a hash of."""
        name, _, args, options = super().deconstruct()
        return name, "django.db.models.CharField", args, options

    def pre_save(self, model_instance: models.Model, add: bool) -> str:
        if self._of is not None:
            setattr(model_instance, self.attname, self._of(model_instance))
        return super().pre_save(model_instance, add)  # type: ignore[no-any-return]
