"""Every error Pagekeep raises on purpose: one tree, one sentence each.

The class says what kind of problem it is; faces turn the kind into an exit code (CLI) or a status (API).
The text says what is wrong, where, and what to do about it.
"""


class PagekeepError(Exception):
    """Base of the tree. ``exit_code`` is what the CLI ends with. Several arguments are a sentence each."""

    exit_code = 1

    def __str__(self) -> str:
        return " ".join(map(str, self.args))


class BadInput(PagekeepError):
    """What the user gave cannot be used: a bad URL, option, setting or field."""

    exit_code = 2


class NotFound(PagekeepError):
    """The user named something the archive does not hold."""

    exit_code = 3


class TooLarge(BadInput):
    """What the user sent is larger than a setting allows; the text names the setting."""


class AmbiguousReference(BadInput):
    """A short reference fits more than one object."""


class Conflict(PagekeepError):
    """The request does not fit the present state of the object."""

    exit_code = 4


class NotAllowed(PagekeepError):
    """Whoever asks has no right to this."""

    exit_code = 4


class TooManyFailures(PagekeepError):
    """Something was tried in vain too often. ``wait`` is after how many seconds it may be tried again."""

    exit_code = 4

    def __init__(self, text: str, wait: int) -> None:
        super().__init__(text)
        self.wait = wait


class EnvironmentProblem(PagekeepError):
    """The machine lacks something: browser, port, disk space, a writable directory."""

    exit_code = 5


class DiskFull(EnvironmentProblem):
    """A disk takes no more, or a quota is used up: what was to be written can be tried again once there is room."""


class DatabaseTrouble(EnvironmentProblem):
    """The database cannot do its work just now; it may by itself in a while."""


class CaptureError(PagekeepError):
    """A page, or one output of it, could not be captured. The text is what the user reads as the reason."""


class AddressRefused(CaptureError):
    """The egress guard does not connect to this address."""


class TimeBudgetExceeded(CaptureError):
    """A step or output used up its time."""


class ByteBudgetExceeded(CaptureError):
    """A step or output produced more bytes than allowed."""


class BrowserDied(CaptureError):
    """The browser process ended while a page was open."""


class NoResult(CaptureError):
    """The page has nothing of this kind (no favicon, no article): not a failure."""


class Skipped(CaptureError):
    """The output does not apply to this page: not a failure."""
