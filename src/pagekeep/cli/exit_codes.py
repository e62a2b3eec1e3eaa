"""What ``pagekeep`` ends with, and what each code means: one list for the commands, the help and ``docs/cli.md``."""

from pagekeep.domain.errors import BadInput, Conflict, EnvironmentProblem, NotFound

DONE = 0
SOME_FAILED = 1
INTERNAL = 70
"""EX_SOFTWARE of sysexits.h."""
STOPPED = 130
"""128 + SIGINT, as shells count it."""

EXIT_CODES = {
    DONE: "All well. That whoever reads the output stops early, as `head` does, is well too.",
    SOME_FAILED: "Some pages failed or were cancelled, some URLs were refused, or some schedules could not be run;"
    " the others are kept.",
    BadInput.exit_code: "Bad input: an option, a URL, a line of standard input, a setting. Nothing was changed.",
    NotFound.exit_code: "What was named is not in the archive, or there is no archive. Nothing was changed.",
    Conflict.exit_code: "Not possible now: what was named is in a state that does not allow it.",
    EnvironmentProblem.exit_code: "A problem of this machine: browser, port, disk, database. `pagekeep doctor` helps.",
    INTERNAL: "An error of Pagekeep itself; `PAGEKEEP_LOG_LEVEL=debug` shows where.",
    STOPPED: "Stopped by Ctrl-C. What was done by then stays; what was begun is said, and how to go on.",
}
