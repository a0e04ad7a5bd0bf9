"""One edit of one campaign in a transaction: checked against every rule, then written with its log entry."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from agents.market.budgets import sharers_of
from agents.market.calendar import moment_of
from agents.market.requests import EditInvalid, EditsBlocked, VersionStale
from agents.market.rules import (
    BUDGET,
    BUDGET_EDITS_PER_HOUR,
    blocked_until,
    edited,
    objection_to,
    value_of,
)
from storage.market_ledger.rows import CampaignRow, ChangeRow, ClockRow
from storage.market_ledger.shown import MarketBook
from storage.records.executions import FieldState
from storage.records.plans import Value

CALLS_PER_HOUR = 600
"""Edits that all platforms together take in a simulated hour; the clock moves a second with each."""


@dataclass(frozen=True, slots=True)
class Edit:
    """A field to be set; key and expected version only where a program asks."""

    field: str
    value: Value
    actor: str
    key: str | None = None
    expected_version: str | None = None


async def checked(book: MarketBook, clock: ClockRow, campaign: CampaignRow, edit: Edit) -> FieldState:
    """The field as it is now; raises EditInvalid, VersionStale or EditsBlocked as applying would."""
    objection = objection_to(campaign, edit.field, edit.value)
    if objection is not None:
        raise EditInvalid(objection.reason)
    if edit.field == BUDGET:
        await _not_shared(book, campaign)
    found = FieldState(value=value_of(campaign, edit.field), version=f"v{campaign.version}")
    if edit.expected_version is not None and edit.expected_version != found.version:
        raise VersionStale(campaign.campaign_id, found)
    await _unblocked(book, clock, campaign, edit)
    return found


async def apply_edit(book: MarketBook, clock: ClockRow, campaign: CampaignRow, edit: Edit) -> CampaignRow:
    """Write the edit, its log entry and the second it takes; raises as `checked` does."""
    found = await checked(book, clock, campaign, edit)
    at = moment_of(clock.today, clock.edits_today + 1)
    after = edited(campaign, edit.field, edit.value, today=clock.today)
    await book.save_campaign(after)
    change = ChangeRow(
        campaign.campaign_id, edit.field, found.value, edit.value, edit.actor, at, after.version, edit.key
    )
    await book.log_changes([change])
    await book.set_clock(replace(clock, edits_today=clock.edits_today + 1))
    return after


async def _not_shared(book: MarketBook, campaign: CampaignRow) -> None:
    if campaign.shared_budget is None:
        return
    others = [other.campaign_id for other in sharers_of(campaign, await book.campaigns())]
    if others:
        raise EditInvalid(
            f"{campaign.campaign_id} spends from {campaign.shared_budget}, which it shares with {', '.join(others)}: "
            "an edit would move them all. Leave it out, or change the shared budget on the platform"
        )


async def _unblocked(book: MarketBook, clock: ClockRow, campaign: CampaignRow, edit: Edit) -> None:
    now = moment_of(clock.today, clock.edits_today)
    if clock.edits_today >= CALLS_PER_HOUR:
        # The clock moves a second an edit, so all of a day's edits lie within its first hour.
        raise _blocked(f"{campaign.channel} answered 429 Too Many Requests", now, now + timedelta(hours=1))
    allowed = BUDGET_EDITS_PER_HOUR.get(campaign.channel)
    if edit.field != BUDGET or allowed is None:
        return
    latest = await book.latest_changes(campaign.campaign_id, BUDGET, allowed)
    until = blocked_until(campaign.channel, latest, now)
    if until is not None:
        said = f"{campaign.channel} takes {allowed} budget edits of {campaign.campaign_id} an hour"
        raise _blocked(f"{said}: blocked until {until:%H:%M} UTC of the simulated day", now, until)


def _blocked(message: str, now: datetime, until: datetime) -> EditsBlocked:
    return EditsBlocked(message, until=until, wait_s=(until - now).total_seconds())
