"""What a file that cannot be read is answered with: where, what, and what to do about it."""

from pathlib import Path


class UnreadableExport(Exception):
    """Raised when a file is not taken in; nothing of it is kept.

    `line` counts from 1 in the file as an editor shows it (rows in Parquet), None where no single line is at fault.
    """

    def __init__(self, path: Path, line: int | None, problem: str, remedy: str) -> None:
        place = f"{path}, line {line}" if line else str(path)
        super().__init__(f"{place}: {problem}. {remedy[:1].upper()}{remedy[1:]}.")
        self.path = path
        self.line = line
        self.problem = problem
        self.remedy = remedy


class UnknownExport(UnreadableExport):
    """Raised for a text file that is none of the known exports; a mapping could say what it means."""


class UnreadableNumber(UnreadableExport):
    """Raised when a cell is no number in the notation the file is being read with."""


def shown(text: str, *, limit: int = 60) -> str:
    """A cell for an error message: quoted, on one line, never long."""
    flat = " ".join(text.split())
    return f"“{flat if len(flat) <= limit else flat[: limit - 1] + '…'}”"
