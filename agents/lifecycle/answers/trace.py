"""Trace: the whole way of a lineage as indented lines, with long rows of versions of the same data counted."""

from collections.abc import Callable, Iterator

from agents.lifecycle.answers.why import Why
from storage.records.lineage import LineageStep

_SHOWN = 3
"""Versions of one dataset that are shown one by one; the rest of the row is counted."""


def trace(why: Why, *, shown: Callable[[str], str] = str) -> list[str]:
    """One line a thing, nearest first; `shown` makes text from data safe for the place it is shown in."""
    below: dict[str, list[LineageStep]] = {}
    for step in why.steps:
        below.setdefault(step.child, []).append(step)
    return [f"{'  ' * depth}{words}" for depth, words in _under(why, below, why.subject, 1, shown)]


def step_words(why: Why, step: LineageStep, *, shown: Callable[[str], str] = str) -> str:
    """Such as `load:7 (google.csv, 1,204 rows; lines 2 to 1204)`."""
    name = why.names.get(step.id, step.id)
    lines = "" if step.first_line is None else f"; lines {step.first_line:,} to {step.last_line or step.first_line:,}"
    return f"{shown(name)} ({shown(step.label)}{lines})"


def _under(
    why: Why,
    below: dict[str, list[LineageStep]],
    node: str,
    depth: int,
    shown: Callable[[str], str],
    *,
    rows: bool = True,
) -> Iterator[tuple[int, str]]:
    """What lies under a node; without `rows` not the versions of the same dataset that follow it."""
    for step in below.get(node, ()):
        if not _is_next(node, step):
            yield depth, step_words(why, step, shown=shown)
            yield from _under(why, below, step.id, depth + 1, shown)
    row = list(_row(below, node)) if rows else []
    for place, step in enumerate(row):
        if place < _SHOWN:
            yield depth, step_words(why, step, shown=shown)
        elif place == _SHOWN:
            yield depth, _rest(why, row[place:], shown)
        if place < _SHOWN or why.forward:
            # On the way on, what rests on a version is what is asked about; on the way back it is another load.
            yield from _under(why, below, step.id, depth + 1, shown, rows=False)


def _row(below: dict[str, list[LineageStep]], node: str) -> Iterator[LineageStep]:
    """The versions of the same dataset that follow each other from the node on."""
    while following := next((one for one in below.get(node, ()) if _is_next(node, one)), None):
        yield following
        node = following.id


def _is_next(node: str, step: LineageStep) -> bool:
    """Whether the step leads from one version of a dataset to another one of it."""
    dataset, mark, _ = node.rpartition("@")
    return bool(mark) and ":" not in dataset and step.id.rpartition("@")[:2] == (dataset, mark)


def _rest(why: Why, row: list[LineageStep], shown: Callable[[str], str]) -> str:
    kind = "later" if why.forward else "earlier"
    return f"… {len(row):,} {kind} version{'s' if len(row) > 1 else ''}, to {shown(row[-1].id)}"
