"""The page's side of a behaviour: a JavaScript function in this folder."""

from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from pagekeep.capture.page import Frame, Page


async def which_may_apply(page: Page, names: Sequence[str]) -> list[str]:
    """Return those of the behaviours that may have something to do in this page: one call, however many they are."""
    found: list[str] = await page.run(_read("survey"), list(names))
    return found


async def act(page: Page, name: str, *arguments: object, frame: Frame | None = None) -> Any:
    """Run one behaviour in the page, or in a frame of it, and return what it says it did.

    Raises:
        CaptureError: the script failed or the frame has gone.
    """
    return await page.run(_with_elements(name), *arguments, frame=frame)


@cache
def _with_elements(name: str) -> str:
    return f"(...given) => {{\n{_read('elements')}\nreturn (\n{_read(name)}\n)(...given);\n}}"


@cache
def _read(name: str) -> str:
    return (files(__package__) / f"{name}.js").read_text(encoding="utf-8")
