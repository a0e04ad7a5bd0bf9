"""Single campaigns that drift while their channel does not: one case a KPI and channel, however many they are."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta

import numpy as np

from agents.drift.case import Case, Why
from agents.drift.causes import cases_of_campaign
from agents.drift.columns import ChannelColumns, Columns
from agents.drift.excuses import NONE, Excuses
from agents.drift.maturity import Maturity
from agents.drift.signals import ALL, Normals, signals_of
from agents.drift.thresholds import Thresholds

_LEVEL_DAYS = 28
_BUDGET_SETTLES = timedelta(days=3)
"""For so long what a changed budget does to spend is the case of the budget."""
_OF_CONVERSIONS = frozenset({"cvr", "roas", "conversions"})


def campaign_cases(
    columns: Columns,
    told: Sequence[Case],
    *,
    maturity: Maturity,
    thresholds: Thresholds,
    normals: Normals,
    flagged: Collection[tuple[str, str]] | None,
    paused: Collection[str],
    excuses: Excuses = NONE,
) -> tuple[Case, ...]:
    """Cases beside those already `told`, which explain the campaigns of their channels.

    `flagged` are KPIs and campaigns (channel/id) that the watch over every new point has marked lately, None for no
    such watch: then all are judged. `paused` are campaigns that are not meant to run.
    """
    strict = thresholds.of_campaigns
    explained = {case.entity.split("/", 1)[0] for case in told if case.jump is None}
    changed = {
        f"{jump.channel}/{jump.campaign_id}" for jump in columns.jumps if columns.last - jump.day <= _BUDGET_SETTLES
    }
    found: dict[tuple[str, str], list[Case]] = {}
    for channel in columns.channels:
        if channel.channel in explained or len(channel.campaigns) < 2:
            continue
        for one in _watched(channel, strict):
            if one.channel in paused or (flagged is not None and not any(name == one.channel for _, name in flagged)):
                continue
            alone = replace(columns, channels=(one,), orders=None, jumps=(), silent=())
            signals = signals_of(alone, maturity=maturity, thresholds=strict, normals=normals, excuses=excuses)
            for case in cases_of_campaign(alone, signals, strict):
                marked = flagged is None or (case.kpi, one.channel) in flagged
                ours = case.kpi == "spend" and one.channel in changed
                general = ALL in explained and case.kpi in _OF_CONVERSIONS
                if marked and not ours and not general:
                    found.setdefault((case.kpi, channel.channel), []).append(replace(case, campaigns=one.campaigns))
    return tuple(_together(channel, cases) for (_, channel), cases in found.items())


def _watched(channel: ChannelColumns, strict: Thresholds) -> Iterator[ChannelColumns]:
    """Campaigns with enough clicks to be judged by themselves."""
    clicks = channel.clicks[:, -_LEVEL_DAYS - 3 : -3].sum(axis=1)
    for row in np.flatnonzero(clicks >= strict.campaigns.least_clicks * _LEVEL_DAYS).tolist():
        yield channel.only(row)


def _together(channel: str, cases: Sequence[Case]) -> Case:
    """Named after the campaign that departs most."""
    worst = max(cases, key=lambda case: abs(case.lead.effect) if case.lead else 0.0)
    cause = worst.cause if worst.why is not Why.UNKNOWN else "something in the campaign itself, unknown"
    campaigns = (*worst.campaigns, *(one for case in cases if case is not worst for one in case.campaigns))
    return replace(worst, entity=f"{channel}/{worst.campaigns[0][0]}", cause=cause, campaigns=campaigns)
