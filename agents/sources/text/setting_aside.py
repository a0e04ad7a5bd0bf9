"""Rows that break the contract are set aside one by one, until there are so many that the file itself is wrong."""

import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from agents.sources.text.unreadable import UnreadableExport
from storage.records.quarantine import Quarantined

FEW = 3
"""So many rows may always be set aside."""
MOST = 0.05
"""Above this share of the rows the file is refused."""
_HOPELESS = 1_000
_REMEDY = "correct the cells or export again"
_CELL = re.compile(r"(?<=[:»”] )“[^”]*” ")


class SettingAside:
    """Hands rows on and counts them; one for every pass over a file."""

    def __init__(self, path: Path, hand_on: Callable[[Quarantined], None]) -> None:
        self.count = 0
        self._path = path
        self._hand_on = hand_on
        self._first: tuple[Quarantined, str] | None = None
        self._lines: list[int] = []
        self._reasons: Counter[str] = Counter()
        self._remedies: dict[str, str] = {}

    def __call__(self, row: Quarantined, remedy: str = _REMEDY) -> None:
        self._first = self._first or (row, remedy)
        self.count += 1
        if len(self._lines) < FEW:
            self._lines.append(row.line)
        bare = _CELL.sub("", row.reason)
        self._reasons[bare] += 1
        self._remedies.setdefault(bare, remedy)
        self._hand_on(row)

    def going_on(self, rows: int) -> None:
        """Give up early on a file most of whose rows so far were set aside. Raises UnreadableExport."""
        if self.count > _HOPELESS and self.count * 2 > rows:
            raise self._too_many(rows)

    def done(self, rows: int, kept: int) -> None:
        """`rows` were read and `kept` will land. Raises UnreadableExport if too many, or all, were set aside."""
        if self._first and not kept:
            row, remedy = self._first
            if self.count > FEW:
                raise self._too_many(rows)
            raise UnreadableExport(self._path, row.line or None, row.reason, remedy)
        if self.count > FEW and self.count > rows * MOST:
            raise self._too_many(rows)

    def _too_many(self, rows: int) -> UnreadableExport:
        (reason, times), *_ = self._reasons.most_common(1)
        lines = ", ".join(str(line) for line in self._lines if line)
        where = f" (lines {lines} and others)" if lines else ""
        problem = f"{self.count} of {rows} rows cannot be read{where}; most often ({times} times): {reason}"
        first = self._lines[0] if self._lines else None
        return UnreadableExport(self._path, first or None, problem, self._remedies[reason])
