"""Bars for work whose end is known, on a terminal. Always on stderr."""

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from pagekeep.cli.printing import err


class Bars:
    """Called with what is being done and how much of it is left, it shows a bar for each."""

    def __enter__(self) -> "Bars":
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        self._progress = Progress(*columns, console=err, disable=not err.is_terminal)
        self._tasks: dict[str, tuple[TaskID, int]] = {}
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def __call__(self, what: str, left: int) -> None:
        if what not in self._tasks or self._tasks[what][1] < left:
            self._tasks[what] = self._progress.add_task(what.capitalize(), total=left), left
        task, total = self._tasks[what]
        self._progress.update(task, completed=total - left)
