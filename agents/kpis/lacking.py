"""Figures that a kind of file told once and does not tell any more; said wherever they would be missed."""

from collections.abc import Collection, Sequence
from typing import NamedTuple

from agents.kpis.figures import format_days
from agents.kpis.windows import Window
from storage.records.facts import Load


class Lacking(NamedTuple):
    """Figures that rows of one load do not tell: unknown in them, not nothing."""

    load: Load
    figures: tuple[str, ...]

    def words(self, wanted: Collection[str], window: Window) -> str:
        """For an answer about these measures on these days; "" where it misses nothing."""
        missed = [one for one in self.figures if one in wanted]
        if not missed or self.load.first_day > window.last or self.load.last_day < window.first:
            return ""
        return _words(self.load, missed)


def lacking_in(loads: Sequence[Load], counted: Collection[str]) -> tuple[Lacking, ...]:
    """Of the loads whose ids are counted: a load that a later one restates as a whole is missed by nobody."""
    return tuple(Lacking(load, load.lacks) for load in loads if load.lacks and load.id in counted)


def gap_words(loads: Sequence[Load]) -> tuple[str, ...]:
    """One sentence a load that lacks figures, unless a later one of its source tells them for all its days."""
    return tuple(
        _words(load, load.lacks)
        for place, load in enumerate(loads)
        if load.lacks and not any(_tells(later, load) for later in loads[place + 1 :])
    )


def listed(figures: Sequence[str]) -> str:
    """As in: clicks, store revenue and conversions."""
    names = [one.removesuffix("_micros").replace("_", " ") for one in figures]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _words(load: Load, figures: Sequence[str]) -> str:
    days = format_days(load.first_day, load.last_day)
    return (
        f"{load.source} does not tell {listed(figures)} for {days}: no column of {load.path} is read as that, "
        "and there was one before."
    )


def _tells(later: Load, load: Load) -> bool:
    same = (later.source, later.simulated) == (load.source, load.simulated)
    whole = later.first_day <= load.first_day and later.last_day >= load.last_day
    return same and whole and not set(load.lacks) & set(later.lacks)
