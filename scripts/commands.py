"""Write the tables of exit codes and commands into ``docs/cli.md``: ``make docs``."""

from pathlib import Path

from pagekeep.cli.describe import tables

PAGE = Path(__file__).parents[1] / "docs/cli.md"


def main() -> None:
    """Write them behind what a person has written."""
    made = tables()
    PAGE.write_text(PAGE.read_text().partition(made.splitlines()[0])[0] + made)


if __name__ == "__main__":
    main()
