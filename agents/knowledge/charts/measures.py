"""The KPIs as nodes: who answers for each, and which it is computed from."""

from collections.abc import Iterable

from agents.knowledge import things
from agents.knowledge.charts.sheet import Sheet, Update
from storage.records.record import Record

SOURCE = "kpis.yml"


class Measure(Record):
    """A KPI as far as the graph needs it."""

    name: str
    label: str
    unit: str
    direction: str
    owner: str
    parts: tuple[str, ...] = ()
    """Names in its formula."""


def chart_measures(measures: Iterable[Measure]) -> tuple[Update, ...]:
    """All KPIs; a name in a formula that is a KPI itself is what it is derived from."""
    sheet, known = Sheet(SOURCE), {one.name: one for one in measures}
    for one in known.values():
        ref = sheet.node(things.kpi(one.name), one.label, unit=one.unit, direction=one.direction)
        sheet.edge(ref, "owned_by", sheet.node(things.owner(one.owner), one.owner, team=one.owner))
        for part in one.parts:
            if part in known and part != one.name:
                sheet.edge(ref, "derived_from", things.kpi(part))
    return sheet.updates
