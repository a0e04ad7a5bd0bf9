"""What the graph is told besides data: what every connected source shows now, and which KPIs there are."""

from collections.abc import Awaitable, Callable, Iterable, Sequence

from agents.knowledge.charted import Shown
from agents.knowledge.charts.measures import Measure
from agents.kpis.definitions import Kpi
from agents.sources.readers import Readers
from agents.sources.source import SourceUnavailable


def shown_by(readers: Readers) -> Callable[[], Awaitable[Sequence[Shown]]]:
    """A function that reads them all; a source that is out for a moment is left out."""

    async def shown() -> tuple[Shown, ...]:
        found: list[Shown] = []
        for source in readers.sources:
            try:
                states, at = await source.campaigns(), await source.now()
            except SourceUnavailable:
                continue
            found.append(Shown(source=source.name, at=at, states=states))
        return tuple(found)

    return shown


def measures_of(kpis: Iterable[Kpi]) -> tuple[Measure, ...]:
    """The KPIs as the graph knows them."""
    return tuple(
        Measure(
            name=one.name,
            label=one.label,
            unit=one.unit,
            direction=one.direction,
            owner=one.owner,
            parts=one.formulas[0].measures,
        )
        for one in kpis
    )
