"""The examples in the pages, run one after another against a live server: they answer what the pages promise.

A block of ``sh``, ``python`` or ``js`` is run; a block of ``json`` or ``text`` right below it is its promise.
"""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from live_server import Live, serving
from promised import differences

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
ADDRESS = "http://127.0.0.1:8000"


@dataclass(frozen=True, slots=True)
class Example:
    line: int
    language: str
    code: str
    promise: str


def examples(page: Path) -> Iterator[Example]:
    """Yield the examples of a page, each with what stands below it as its promise."""
    text = page.read_text()
    blocks = list(BLOCK.finditer(text))
    for number, block in enumerate(blocks):
        if block[1] not in ("sh", "python", "js"):
            continue
        below = blocks[number + 1] if number + 1 < len(blocks) else block
        next_to_it = below[1] in ("json", "text") and not text[block.end() : below.start()].strip()
        promise = below[2] if next_to_it else ""
        yield Example(text[: block.start()].count("\n") + 1, block[1], block[2], promise)


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    with serving(tmp_path_factory.mktemp("documented")) as server:
        yield server


class Shell:
    """One bash for all examples of a page, so that a variable set in one is there in the next."""

    def __init__(self, live: Live, folder: Path) -> None:
        self._process = subprocess.Popen(
            ["bash"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=folder,
            env=live.environ | {"TOKEN": live.token, "PATH": f"{Path(sys.executable).parent}:{live.environ['PATH']}"},
        )  # fmt: skip

    def run(self, code: str) -> str:
        """Run lines and return what they print.

        Raises:
            AssertionError: the last command failed.
        """
        assert self._process.stdin
        assert self._process.stdout
        self._process.stdin.write(f"{code}\nprintf '\\nended %s\\n' \"$?\"\n")
        self._process.stdin.flush()
        lines = []
        for line in self._process.stdout:
            if line.startswith("ended "):
                assert line == "ended 0\n", "".join(lines)
                break
            lines.append(line)
        return "".join(lines).strip()

    def close(self) -> None:
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait(10)


@pytest.mark.parametrize("page", ["docs/api.md"])
def test_the_examples_do_what_the_page_promises(page: str, live: Live, tmp_path: Path) -> None:
    shell = Shell(live, tmp_path)
    try:
        for example in examples(ROOT / page):
            code = example.code.replace(ADDRESS, live.address)
            answer = shell.run(as_shell(example.language, code))
            place = f"{page}:{example.line}\n{code}\nanswered:\n{answer}\n"
            if example.promise:
                assert not broken(example.promise, answer), place + "\n".join(broken(example.promise, answer))
    finally:
        shell.close()


def as_shell(language: str, code: str) -> str:
    """Return the shell line that runs code of a language."""
    if language == "sh":
        return code
    program = {"python": "python -", "js": "node --input-type=module -"}[language]
    return f"{program} <<'END_OF_EXAMPLE'\n{code}END_OF_EXAMPLE"


def broken(promise: str, answer: str) -> list[str]:
    """Return what of a promise the answer does not keep."""
    try:
        promised = json.loads(promise)
    except json.JSONDecodeError:
        return differences(promise.strip(), answer)
    try:
        return differences(promised, json.loads(answer))
    except json.JSONDecodeError:
        return ["the answer is no JSON"]
