"""The platforms' own rules about edits: what is valid, what resets learning, what is too often."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from agents.market.creative_review import handed_in
from agents.market.roster import CURRENCY, TRAITS
from storage.market_ledger.rows import CampaignRow, ChangeRow
from storage.records.money import Money
from storage.records.plans import Value

BUDGET = "daily_budget"
STATUS = "status"
CREATIVE = "creative"
STATUSES = ("active", "paused")
CREATIVE_MAX_CHARS = 200
LEARNING_EDIT_PERCENT = 20
"""A budget edit above this share sends a learning platform back to learning."""
LEARNING_DAYS = 7
BUDGET_EDITS_PER_HOUR = {"paid_social": 4}
_ACCOUNT_BUDGET = (Money(minor=1_00, currency=CURRENCY), Money(minor=25_000_00, currency=CURRENCY))
_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Objection:
    """Why a platform will not take an edit as it is, for people."""

    reason: str


def objection_to(campaign: CampaignRow, field: str, value: Value) -> Objection | None:
    """What is wrong with an edit whoever sends it, or None."""
    if field == BUDGET:
        return _budget_objection(campaign, value)
    if field == STATUS:
        if value in STATUSES:
            return None
        return Objection(f"status of {campaign.campaign_id} must be one of {', '.join(STATUSES)}, not {value}")
    if field in fields_of(campaign.channel):
        return _creative_objection(campaign, value)
    return Objection(f"{campaign.campaign_id} has no field {field}: it has {', '.join(fields_of(campaign.channel))}")


def fields_of(channel: str) -> tuple[str, ...]:
    """What can be set on a campaign of the channel."""
    return (BUDGET, STATUS, CREATIVE) if TRAITS[channel].reviews_creatives else (BUDGET, STATUS)


def value_of(campaign: CampaignRow, field: str) -> Value:
    """The field's value as it was last set; raises KeyError for a field that the campaign does not have.

    A creative in review or rejected is set, though the one before it is still shown.
    """
    if field == BUDGET:
        return Money(minor=campaign.daily_budget_minor, currency=campaign.currency)
    if field == STATUS:
        return campaign.status
    if field == CREATIVE and campaign.creative is not None:
        return campaign.creative if campaign.submitted is None else campaign.submitted
    raise KeyError(field)


def edited(campaign: CampaignRow, field: str, value: Value, *, today: date) -> CampaignRow:
    """The campaign after a valid edit: the next version, and back to learning if the step was large."""
    following = replace(campaign, version=campaign.version + 1)
    if isinstance(value, str):
        if field == STATUS:
            return replace(following, status=value)
        return handed_in(following, value, today=today)
    if field != BUDGET:
        raise KeyError(field)
    learns = TRAITS[campaign.channel].learns and _is_large(campaign.daily_budget_minor, value.minor)
    until = today + timedelta(days=LEARNING_DAYS - 1) if learns else campaign.learning_until
    return replace(following, daily_budget_minor=value.minor, learning_until=until)


def is_learning(campaign: CampaignRow, day: date) -> bool:
    return campaign.learning_until is not None and day <= campaign.learning_until


def blocked_until(channel: str, latest: Sequence[ChangeRow], now: datetime) -> datetime | None:
    """When budget edits of the campaign are taken again, or None if they are taken now.

    `latest` are its last budget changes, newest first: as many as the channel takes in an hour.
    """
    allowed = BUDGET_EDITS_PER_HOUR.get(channel)
    if allowed is None or len(latest) < allowed:
        return None
    newest, oldest = latest[0].at, latest[allowed - 1].at
    if newest - oldest >= _HOUR or now >= newest + _HOUR:
        return None
    return newest + _HOUR


def _is_large(before_minor: int, after_minor: int) -> bool:
    return abs(after_minor - before_minor) * 100 > LEARNING_EDIT_PERCENT * before_minor


def _creative_objection(campaign: CampaignRow, value: Value) -> Objection | None:
    if not isinstance(value, str):
        return Objection(f"creative of {campaign.campaign_id} must be text, not {value}")
    if not value.strip() or not value.isprintable() or len(value) > CREATIVE_MAX_CHARS:
        return Objection(f"creative of {campaign.campaign_id} must be one line of 1 to {CREATIVE_MAX_CHARS} characters")
    return None


def _budget_objection(campaign: CampaignRow, value: Value) -> Objection | None:
    if not isinstance(value, Money):
        return Objection(f"daily budget of {campaign.campaign_id} must be money, not {value!r}")
    if value.currency != campaign.currency:
        return Objection(f"account {campaign.account} is kept in {campaign.currency}, not in {value.currency}")
    least, most = _ACCOUNT_BUDGET
    if not least <= value <= most:
        return Objection(f"daily budget of {campaign.campaign_id} must be between {least} and {most}, not {value}")
    return None
