"""Spending: what each campaign has cost in the month so far, out of what its source has reported to the lake."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from agents.governance.facts import campaign_key
from agents.kpis.lake_reader import LakeReader
from agents.sources.source import Source
from storage.records.facts import CampaignState
from storage.records.money import Money

DATA_SLA_DAYS = 2
"""How old the newest complete day behind a budget plan may be, in days of the source's calendar."""
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class _Reported:
    """What the lake holds of one source's month."""

    newest: date | None
    """The newest day of any campaign; None where nothing recent is known."""
    rows: tuple[tuple[str, str, str | None, int], ...]
    """Channel, campaign id, currency and micros, one a report."""


class Spending:
    """Reads the lake once a source, and again when it holds more or the day has passed."""

    def __init__(self, facts: LakeReader) -> None:
        self._facts = facts
        self._known: dict[str, tuple[tuple[str, date, frozenset[str]], _Reported]] = {}

    async def of(self, source: Source, campaigns: Sequence[CampaignState]) -> dict[str, int] | None:
        """Minor units by `Resource.key` in the complete days of the source's month; None where that is unknown.

        A complete day that was not reported yet counts with the daily budget, and all of what was reported for a
        period that reaches into the month: rather too much is counted than too little. Campaigns that are no longer
        shown have spent what they have spent.
        """
        if not campaigns:
            return {}
        today = await source.today()
        reported = await self._reported(source, frozenset(one.channel for one in campaigns), today)
        if reported.newest is None:
            return None
        month, yesterday = today.replace(day=1), today - _DAY
        missing_days = max(0, (yesterday - max(reported.newest, month - _DAY)).days)
        return _sum_up(reported, campaigns, missing_days=missing_days)

    async def _reported(self, source: Source, channels: frozenset[str], today: date) -> _Reported:
        mark = await self._facts.mark(simulated=source.simulated), today, channels
        known = self._known.get(source.name)
        if known is not None and known[0] == mark:
            return known[1]
        month, yesterday = today.replace(day=1), today - _DAY
        recent = min(month, yesterday - timedelta(days=DATA_SLA_DAYS))
        facts = await self._facts.facts(first=recent, last=yesterday, as_of=None, simulated=source.simulated)
        reported = await asyncio.to_thread(_read, facts.frame, channels, month)
        self._known[source.name] = mark, reported
        return reported


def _read(frame: pl.DataFrame, channels: frozenset[str], month: date) -> _Reported:
    theirs = frame.filter(pl.col("channel").is_in(sorted(channels)))
    newest = theirs["last_day"].max()
    names = ("channel", "campaign_id", "currency")
    of_month = theirs.filter(pl.col("last_day") >= month)
    by_report = of_month.group_by(*names, "source").agg(pl.col("spend_micros").sum())
    rows = by_report.select(*names, "spend_micros").rows()
    return _Reported(newest=newest if isinstance(newest, date) else None, rows=tuple(rows))


def _sum_up(reported: _Reported, campaigns: Sequence[CampaignState], *, missing_days: int) -> dict[str, int] | None:
    """None where a campaign has spent in a currency not its own."""
    own = {campaign_key(one): one.daily_budget.currency for one in campaigns}
    reports: dict[str, int] = {}
    for channel, campaign_id, currency, micros in reported.rows:
        key = f"{channel}/campaign/{campaign_id}"
        expected = {own[key]} if key in own else set(own.values())
        if currency is None or currency in expected:
            minor = Money.of_micros(micros, currency or min(expected)).minor
            # Two reports of the same campaign tell the same story twice: the dearer one is believed.
            reports[key] = max(minor, reports.get(key, minor))
        elif key in own:
            return None
    unreported = {campaign_key(one): one.daily_budget.minor * missing_days for one in campaigns}
    return {key: reports.get(key, 0) + unreported.get(key, 0) for key in {**unreported, **reports}}
