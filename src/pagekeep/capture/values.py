"""What goes into a capture and what comes out of it."""

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field

from pagekeep.capture.known_file import KnownFile
from pagekeep.capture.recording.secrecy import Secrecy
from pagekeep.domain.behaviours import DEFAULT_BEHAVIOURS
from pagekeep.domain.identity import Identity
from pagekeep.domain.plugins import DEFAULT_PLUGINS
from pagekeep.domain.results import Result

# Outputs that keep what the URL only leads to: files of any size.
DOWNLOADERS = frozenset({"static", "media", "git"})


@dataclass(frozen=True, slots=True)
class Limits:
    """Budgets of one visit. Times in seconds, sizes in bytes, heights in CSS pixels.

    Attributes:
        open: until the document is loaded.
        settle: for network and DOM to become quiet, each time.
        scroll: for walking down the page.
        behaviour: for each other behaviour.
        behaviours: for all of them together.
        output: for each output.
        download: for each output that downloads, instead of ``output``, and for a main response that is a file.
        body: largest response body that is kept; of a main response that is a file, ``download_size``.
        visit: all response bodies of a visit together.
        file: largest file an output may keep.
        download_size: the same for an output that downloads, and for all that it downloads.
        height: how far the page is scrolled and photographed.
        outputs: all outputs of the page together; who gives the sink sees to it.
    """

    open: float = 60.0
    settle: float = 10.0
    scroll: float = 15.0
    behaviour: float = 8.0
    behaviours: float = 40.0
    output: float = 60.0
    download: float = 600.0
    body: int = 100 * 2**20
    visit: int = 256 * 2**20
    file: int = 512 * 2**20
    download_size: int = 750 * 2**20
    height: int = 16_000
    outputs: int = sys.maxsize

    def output_seconds(self, plugin: str) -> float:
        """Return how long the output of a plugin may take."""
        return self.download if plugin in DOWNLOADERS else self.output

    def file_size(self, plugin: str) -> int:
        """Return how large a file of a plugin may be (bytes)."""
        return self.download_size if plugin in DOWNLOADERS else self.file


@dataclass(frozen=True, slots=True)
class CaptureRequest:
    """One URL to visit.

    Attributes:
        plugins: names of the outputs to make.
        kept: results of earlier attempts that stay; listed by the ``hashes`` output.
        allow_private: CIDRs, hosts or host:port pairs that may be reached although they are not public addresses.
        refuse: host:port pairs that are never reached, whatever is allowed (Pagekeep's own listeners).
        secrecy: which of the person's secrets are kept; those of the identity are added to it.
        identity: who the browser is to the sites it visits.
        block_list: path of a file that names hosts nothing is asked of; empty for none.
        behaviours: names of what is done to the page before it is looked at.
        known: the file that an earlier snapshot keeps of this URL, if it led to one.
    """

    url: str
    plugins: tuple[str, ...] = DEFAULT_PLUGINS
    kept: tuple[Result, ...] = ()
    allow_private: tuple[str, ...] = ()
    refuse: tuple[str, ...] = ()
    identity: Identity = field(default_factory=Identity)
    check_certificates: bool = True
    secrecy: Secrecy = field(default_factory=Secrecy)
    block_list: str = ""
    behaviours: tuple[str, ...] = DEFAULT_BEHAVIOURS
    limits: Limits = field(default_factory=Limits)
    known: KnownFile | None = None

    def __post_init__(self) -> None:
        # Here, so that nobody who makes a request can forget it.
        object.__setattr__(self, "secrecy", self.secrecy.of(self.identity))


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a visit ended.

    Attributes:
        succeeded: the page answered with a status below 400 and at least one output was kept.
        reason: one sentence where it did not succeed, else empty.
        response_status: HTTP status of the main response, None if there was none.
        final_url: where redirects and client-side routing led.
        title: the page's title, possibly empty.
        step_seconds: time of each step and output, by name.
        retry_after: seconds from now until a server that answered 429 or 503 wants to be asked again; None where it
            named no time. It is what the server said, of any length.
        wall: what stood in the place of the page: ``captcha``, ``login`` or ``interstitial``; empty for nothing.
    """

    succeeded: bool
    reason: str
    response_status: int | None
    final_url: str
    title: str
    results: tuple[Result, ...]
    step_seconds: Mapping[str, float]
    retry_after: float | None = None
    wall: str = ""
