"""The repository a forge's page shows, whole, as one file that ``git clone`` reads."""

import re
import shutil
import unicodedata
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import unquote, urlsplit

from pagekeep.capture.page import as_json
from pagekeep.capture.programs.forges import repository_url
from pagekeep.capture.programs.run import Ended, Workplace, workplace
from pagekeep.capture.visit import Keep, Visit
from pagekeep.domain.errors import CaptureError, NoResult, Skipped

NEEDS_PAGE = False
BUNDLE_TYPE = "application/x-git-bundle"
# Nothing of a repository is ever checked out or run; what is fetched is HTTP, checked as it comes.
CONFIG = {
    "core.hooksPath": "/dev/null",
    "core.fsmonitor": "false",
    "core.askPass": "",
    "credential.helper": "",
    "protocol.allow": "never",
    "protocol.http.allow": "always",
    "protocol.https.allow": "always",
    "submodule.recurse": "false",
    "transfer.fsckObjects": "true",
    "transfer.bundleURI": "false",
    "gc.auto": "0",
    "maintenance.auto": "false",
    # Within the memory a program may have, and on one processor.
    "pack.threads": "1",
    "pack.windowMemory": "256m",
    "core.packedGitLimit": "512m",
    "core.bigFileThreshold": "32m",
}
# Slips of old programs, in many honest repositories; none of them is dangerous.
HARMLESS = (
    "badDate",
    "badDateOverflow",
    "badEmail",
    "badFilemode",
    "badTimezone",
    "extraHeaderEntry",
    "missingEmail",
    "missingNameBeforeEmail",
    "missingSpaceBeforeDate",
    "missingSpaceBeforeEmail",
    "missingTaggerEntry",
    "zeroPaddedDate",
    "zeroPaddedFilemode",
)
ENVIRONMENT = {
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_ALLOW_PROTOCOL": "http:https",
    "GIT_PROTOCOL_FROM_USER": "0",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_LFS_SKIP_SMUDGE": "1",
}
_NOT_THERE = re.compile(r"not found|could not read Username|Authentication failed|returned error: 40[134]", re.I)


async def make(visit: Visit, keep: Keep) -> str:
    """Keep ``<name>.bundle`` with all refs, and ``refs.json``: address, time, default branch, head and refs.

    Format: gitformat-bundle(5).
    """
    url = repository_url(visit.final_url) or repository_url(visit.request.url)
    if url is None:
        raise Skipped("The page is not that of a git repository.")
    program = find_git()
    if program is None:
        raise CaptureError("git is not installed; install it with: apt-get install git")
    async with workplace(visit.temp_dir) as place:
        git = _Git(program, place, visit)
        await git.clone(url)
        about = await git.describe(url)
        name = f"{_bundle_name(url)}.bundle"
        await keep.file(name, await git.bundle(), BUNDLE_TYPE)
    await keep("refs.json", as_json(about), "application/json")
    return f"{name}, {len(about['refs'])} refs"  # type: ignore[arg-type]


def find_git() -> str | None:
    """Return the path of git, None where it is not installed."""
    return shutil.which("git")


class _Git:
    """Git, run in one workplace upon one mirror."""

    def __init__(self, program: str, place: Workplace, visit: Visit) -> None:
        proxy = visit.egress.proxy_url.replace("socks5:", "socks5h:")
        config = CONFIG | {f"fetch.fsck.{slip}": "ignore" for slip in HARMLESS} | {"http.proxy": proxy}
        if not visit.request.check_certificates:
            config["http.sslVerify"] = "false"
        self._program = (program, *(part for key, value in config.items() for part in ("-c", f"{key}={value}")))
        self._place, self._visit, self._limits = place, visit, visit.request.limits

    async def clone(self, url: str) -> None:
        """Fetch all refs and what they lead to; no working tree."""
        ended = await self._run("clone", "--quiet", "--mirror", "--reject-shallow", "--template=", "--", url, "mirror")
        if ended.status:
            raise self._explain(url, ended)

    async def describe(self, url: str) -> dict[str, object]:
        """Return what ``refs.json`` tells."""
        listed = await self._inside("for-each-ref", "--format=%(objectname) %(objecttype) %(refname)")
        refs = [dict(zip(("object", "type", "name"), line.split(" ", 2), strict=True)) for line in listed.splitlines()]
        if not refs:
            raise NoResult("The repository is empty.")
        branch = (await self._inside("symbolic-ref", "--quiet", "HEAD")).strip()
        head = (await self._inside("log", "-1", "--format=%H%n%cI%n%s", "HEAD", "--")).split("\n")
        return {
            "url": url,
            "cloned_at": datetime.now(UTC).isoformat(timespec="seconds"),
            "default_branch": branch.removeprefix("refs/heads/"),
            "head": dict(zip(("commit", "date", "subject"), head, strict=False)) if len(head) > 2 else None,
            "refs": refs,
        }

    async def bundle(self) -> Path:
        """Return the file that holds the whole mirror."""
        # Beside the mirror, of which it is another copy.
        ended = await self._run("--git-dir=mirror", "bundle", "create", "--quiet", "out", "--all", copies=2)
        if ended.status:
            raise CaptureError(f"git made no bundle of the repository: {_sentence(ended.last_words)}")
        return self._place.folder / "out"

    async def _inside(self, *arguments: str) -> str:
        """Return what git prints about the mirror, at most a few megabytes; nothing where it fails."""
        ended = await self._run("--git-dir=mirror", *arguments)
        whole_lines = ended.output[: ended.output.rfind(b"\n") + 1]
        return "" if ended.status else whole_lines.decode(errors="replace")

    async def _run(self, *arguments: str, copies: int = 1) -> Ended:
        return await self._place.run(
            (*self._program, *arguments),
            seconds=self._limits.download,
            size=self._limits.download_size * copies,
            environment=ENVIRONMENT,
        )

    def _explain(self, url: str, ended: Ended) -> CaptureError:
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
        if refused := self._visit.egress.refusal(parts.hostname or "", port):
            return CaptureError(refused)
        if _NOT_THERE.search(ended.last_words):
            return NoResult("There is no git repository here that everybody may read.")
        return CaptureError(f"git could not clone the repository: {_sentence(ended.last_words)}")


def _sentence(words: str) -> str:
    """Return the last thing git said, fit to be shown."""
    said = [line.partition(": ")[2] or line for line in words.splitlines() if line.strip()]
    plain = "".join(character for character in (said or ["it does not say why"])[-1] if character.isprintable())
    return plain[:300].rstrip(".") + "."


def _bundle_name(url: str) -> str:
    """Return the repository's name, fit to be a file's."""
    name = unquote(urlsplit(url).path).rstrip("/").rpartition("/")[2].removesuffix(".git")
    plain = "".join(c if unicodedata.category(c)[0] in "LN" or c in "-_." else "-" for c in name).strip("-.")
    return plain.encode()[:100].decode(errors="ignore") or "repository"
