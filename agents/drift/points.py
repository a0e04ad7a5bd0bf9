"""What the watch over every new point is fed: one value a day of each KPI of each campaign and channel."""

from collections.abc import Iterator
from datetime import date, timedelta

import numpy as np

from agents.drift.columns import ChannelColumns, Columns, Floats
from agents.drift.excuses import NONE, Excuses, share_of_usual
from agents.drift.level import Series

SEPARATOR = "|"


def name_of(kpi: str, entity: str) -> str:
    """Of a series on the watch list; entities are channels, or campaigns as channel/id."""
    return f"{kpi}{SEPARATOR}{entity}"


def asked_of(name: str) -> tuple[str, str]:
    """The reverse: KPI and entity."""
    kpi, _, entity = name.partition(SEPARATOR)
    return kpi, entity


def points_of(
    columns: Columns, *, after: date | None, excuses: Excuses = NONE
) -> Iterator[tuple[date, dict[str, float]]]:
    """Days after `after`, oldest first, with what is known of them now; NaN where undefined or excused by its day.

    Conversions are measured against those that can have arrived, so that a young day is not a bad one.
    """
    days = max((channel.spend.shape[1] for channel in columns.channels), default=0)
    wanted = days if after is None else min((columns.last - after).days, days)
    if wanted <= 0:
        return
    names: list[str] = []
    rows: list[Floats] = []
    for channel in columns.channels:
        for kpi, values in _kpis(channel).items():
            names.append(name_of(kpi, channel.channel))
            rows.append(values[0])
            for (campaign, _), own in zip(channel.campaigns, values[1:], strict=True):
                names.append(name_of(kpi, f"{channel.channel}/{campaign}"))
                rows.append(own)
    table = _without_excused(np.stack(rows), names, columns.last, wanted, excuses)[:, -wanted:]
    for at in range(wanted):
        yield columns.last - timedelta(days=wanted - 1 - at), dict(zip(names, table[:, at].tolist(), strict=True))


def _without_excused(rows: Floats, names: list[str], last: date, wanted: int, excuses: Excuses) -> Floats:
    """Of the newest so many days; each is judged by those before it."""
    special = excuses.special(last, rows.shape[1])
    left = rows.copy()
    for day in np.flatnonzero(special).tolist():
        if day < rows.shape[1] - wanted:
            continue
        for at, name in enumerate(names):
            known = np.isfinite(rows[at, : day + 1])
            series = Series(np.where(known, rows[at, : day + 1], 0.0), known.astype(np.float64))
            if excuses.excuse(*asked_of(name), share_of_usual(series, special[: day + 1])):
                left[at, day] = np.nan
    return left


def _kpis(channel: ChannelColumns) -> dict[str, Floats]:
    """Row 0 is the channel, then a row a campaign."""
    spend, clicks, impressions = (_summed(one) for one in (channel.planned_spend, channel.clicks, channel.impressions))
    cost, conversions, revenue = (_summed(one) for one in (channel.spend, channel.conversions, channel.revenue))
    return {
        "spend": spend,
        "cpm": _ratio(cost * 1000, impressions),
        "cpc": _ratio(cost, clicks),
        "ctr": _ratio(clicks * 100, impressions),
        "cvr": _ratio(conversions * 100, clicks * channel.arrived),
        "roas": _ratio(revenue, cost * channel.arrived),
    }


def _summed(rows: Floats) -> Floats:
    return np.vstack([rows.sum(axis=0), rows])


def _ratio(of: Floats, by: Floats) -> Floats:
    ratio: Floats = np.divide(of, by, out=np.full(of.shape, np.nan), where=by > 0)
    return ratio
