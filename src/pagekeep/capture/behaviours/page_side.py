"""The page's side of a behaviour: a JavaScript object with ``applies``, which changes nothing, and ``act``."""

from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from pagekeep.capture.page import Frame, Page
from pagekeep.domain.behaviours import BEHAVIOURS


async def which_apply(page: Page, names: Sequence[str]) -> list[str]:
    """Return those of the behaviours that have something to do in this page. One call, however many they are."""
    found: list[str] = await page.run(_survey(), list(names))
    return found


async def act(page: Page, name: str, *arguments: object, frame: Frame | None = None) -> Any:
    """Run one behaviour in the page, or in a frame of it, and return what it says it did.

    Raises:
        CaptureError: the script failed or the frame has gone.
    """
    return await page.run(_action(name), *arguments, frame=frame)


@cache
def _survey() -> str:
    known = ",\n".join(f"{name}: {_read(name)}" for name in BEHAVIOURS)
    # One that fails to look is tried, and tells of its failure then.
    look = "names.filter((name) => { try { return known[name].applies(); } catch { return true; } })"
    return f"(names) => {{\n{_read('elements')}\nconst known = {{\n{known}\n}};\nreturn {look};\n}}"


@cache
def _action(name: str) -> str:
    return f"(...given) => {{\n{_read('elements')}\nreturn ({_read(name)}).act(...given);\n}}"


def _read(name: str) -> str:
    """Return a script of this folder: an expression, its leading comments first."""
    return (files(__package__) / f"{name}.js").read_text(encoding="utf-8").rstrip().removesuffix(";")
