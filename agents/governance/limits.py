"""What a team lets a plan change: caps that refuse, gates that ask people. Without caps nothing is written.

Kept in the home's limits.yml, where people write amounts in currency units and shares in per cent; held as
integers in minor units and basis points.
"""

from pathlib import Path
from typing import Any, Self

from pydantic import Field, model_validator

from agents.governance.alert_limits import AlertLimits, dump_alerts, read_alerts
from agents.governance.entries import Entry, quoted, read_entries
from agents.governance.limits_text import LimitsInvalid, amount, check_currency, percent, plain, share_bp
from storage.records.money import Money
from storage.records.record import Record

LARGEST_MINOR = 10**14
"""The largest amount judged, in minor units: below 2**53, and 64 bits hold it times the largest share."""
LARGEST_SHARE_BP = 90_000
"""A step of 900 % is ten times the budget, which is refused as a slipped unit whatever the cap."""
WHOLE_BP = 10_000
"""100 %: no discount and no margin is more of a price."""

_STEP_SHARES = ("step_share_gate", "step_share_cap")
_SHARES = {
    "week_share_cap": (1, LARGEST_SHARE_BP),
    "learning_share": (0, LARGEST_SHARE_BP),
    "margin_floor": (0, WHOLE_BP),
    "discount_cap": (0, WHOLE_BP),
    "stacked_discount_cap": (0, WHOLE_BP),
}
"""Shares that may be left out, with their bounds in basis points."""
_AMOUNTS = ("daily_cap", "step_cap", "at_risk_gate", "min_budget")
_FURTHER_AMOUNTS = ("monthly_cap", "two_people_gate")
_CAPS = ("daily_cap", "step_cap")
_NAMED_CAPS = tuple(f"{of}_{span}_caps" for of in ("channel", "account", "brand") for span in ("daily", "monthly"))
_NUMBERS = {"evaluation_sla_days": (3650, "35"), "contacts_per_week": (100, "4")}
"""Whole numbers from 1 to the first; the second is an example."""
_MEANING = {
    "step_share_gate": "a campaign that moves by more in one step needs the CMO",
    "step_share_cap": "a campaign that would move by more in one step is refused",
    "week_share_cap": "a campaign that would move by more in seven days, in however many steps, is refused",
    "learning_share": "a campaign that is still learning and moves by more needs the CMO",
    "margin_floor": "a price that would leave less of itself after discounts and cost is refused",
    "discount_cap": "a larger discount is refused",
    "stacked_discount_cap": "discounts that together come to more are refused",
    "evaluation_sla_days": "an agent whose newest scored forecast is older needs the CMO",
    "contacts_per_week": "a plan by which one audience would be sent more messages, all campaigns together, is held",
    "excluded_audiences": "nobody in these may be addressed",
    "daily_cap": "all daily budgets together, after the plan",
    "monthly_cap": "spent this month and still to be spent in it, all together",
    "step_cap": "one campaign's move in one step, up or down",
    "at_risk_gate": "a plan with more money at risk needs the CMO",
    "two_people_gate": "a plan with more money at risk needs two people, one of them the CMO",
    "min_budget": "the least a campaign may be given a day",
}


class CurrencyLimits(Record):
    """The amounts of one currency, each above or at zero; what is None or not named is not limited."""

    daily_cap: Money
    """All daily budgets of the currency together, after the plan: never more."""
    step_cap: Money
    """The daily budget of one campaign, up or down in one plan: never more."""
    at_risk_gate: Money
    """Above this much money at risk the CMO must approve."""
    min_budget: Money
    """The least daily budget a plan may give a campaign."""
    two_people_gate: Money | None = None
    """Above this much money at risk two people must approve, an approver and the CMO."""
    monthly_cap: Money | None = None
    """What is spent this month and may still be spent until its end: never more."""
    channel_daily_caps: dict[str, Money] = Field(default_factory=dict)
    """Channel → its daily budgets together; a channel not named is bound by `daily_cap` alone."""
    channel_monthly_caps: dict[str, Money] = Field(default_factory=dict)
    account_daily_caps: dict[str, Money] = Field(default_factory=dict)
    """Account, as its platform names it, → its daily budgets together."""
    account_monthly_caps: dict[str, Money] = Field(default_factory=dict)
    brand_daily_caps: dict[str, Money] = Field(default_factory=dict)
    """Brand → the daily budgets of its campaigns on all channels together."""
    brand_monthly_caps: dict[str, Money] = Field(default_factory=dict)

    def amounts(self) -> tuple[Money, ...]:
        """Every amount there is."""
        single = (getattr(self, name) for name in (*_AMOUNTS, *_FURTHER_AMOUNTS))
        named = (cap for name in _NAMED_CAPS for cap in getattr(self, name).values())
        return (*(each for each in single if each is not None), *named)


class Limits(Record):
    """What a team lets a plan change; shares are in basis points (2500 = 25 %), None is not limited."""

    step_share_gate_bp: int = Field(ge=1, le=LARGEST_SHARE_BP)
    step_share_cap_bp: int = Field(ge=1, le=LARGEST_SHARE_BP)
    week_share_cap_bp: int | None = Field(default=None, ge=1, le=LARGEST_SHARE_BP)
    """Of a campaign's budget before its first change of ours in seven days, against many small steps."""
    learning_share_bp: int | None = Field(default=None, ge=0, le=LARGEST_SHARE_BP)
    """Of the budget of a campaign in its learning phase, which a larger step would start anew."""
    margin_floor_bp: int | None = Field(default=None, ge=0, le=WHOLE_BP)
    """What must be left of the price paid, after all discounts, when the unit cost is off."""
    discount_cap_bp: int | None = Field(default=None, ge=0, le=WHOLE_BP)
    stacked_discount_cap_bp: int | None = Field(default=None, ge=0, le=WHOLE_BP)
    """Of all discounts on one product together."""
    evaluation_sla_days: int = Field(default=35, ge=1, le=3650)
    """How old an agent's newest final outcome may be, in days, before the CMO is asked."""
    contacts_per_week: int = Field(default=4, ge=1, le=100)
    """Messages that one audience may be sent in a week, all campaigns together."""
    excluded_audiences: frozenset[str] = frozenset()
    """Ids of audiences that nobody may address."""
    alerts: AlertLimits = AlertLimits()
    """How much of what matters, how soon somebody looks, and what may happen by itself."""
    currencies: dict[str, CurrencyLimits] = Field(min_length=1)
    """ISO 4217 code → its amounts; a plan in any other currency is refused."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.step_share_gate_bp > self.step_share_cap_bp:
            raise ValueError("step_share_gate is above step_share_cap, so it would never be asked for")
        for currency, limits in self.currencies.items():
            for money in limits.amounts():
                if money.currency != currency or not 0 <= money.minor <= LARGEST_MINOR:
                    raise ValueError(f"{money} does not belong among the limits of {currency}")
        return self


def sandbox_limits(total_daily: Money) -> Limits:
    """Limits of a simulated home whose campaigns spend `total_daily` together.

    Total +20 %, a campaign's step 25 % of the total or half its own budget at most, and twice its budget in seven
    days; the CMO is asked above a quarter of a campaign's budget, above a fifth of one that is still learning, or
    above one week of the whole budget at risk, and a second person with two weeks of it at risk.
    """

    def share(percent_of_total: int) -> Money:
        return Money(minor=total_daily.minor * percent_of_total // 100, currency=total_daily.currency)

    amounts = CurrencyLimits(
        daily_cap=share(120),
        step_cap=share(25),
        at_risk_gate=share(700),
        two_people_gate=share(1400),
        min_budget=Money.of(1, total_daily.currency),
    )
    return Limits(
        step_share_gate_bp=2500,
        step_share_cap_bp=5000,
        week_share_cap_bp=10_000,
        learning_share_bp=2000,
        currencies={total_daily.currency: amounts},
    )


def load_limits(path: Path, *, channels: frozenset[str] | None = None) -> Limits | None:
    """Read limits.yml; None where the file or its caps are missing, and then nothing is written anywhere.

    A currency without `daily_cap` or `step_cap` has no caps and is left out. `channels`, if given, are the
    only names that may have a channel cap, so that a misspelt one is not silently without effect. Raises
    LimitsInvalid, naming file, key and remedy, for anything that is there and cannot be read.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None
    except (OSError, UnicodeDecodeError) as error:
        raise LimitsInvalid(str(path), "", "cannot be read as UTF-8 text; restore it") from error
    return parse_limits(text, file=str(path), channels=channels)


def parse_limits(text: str, *, file: str, channels: frozenset[str] | None = None) -> Limits | None:
    """As `load_limits`, from the text itself; `file` is for messages."""
    top = read_entries(text, file=file, error=LimitsInvalid)
    top.only((*_STEP_SHARES, *_SHARES, *_NUMBERS, "excluded_audiences", "alerts", "currencies"))
    currencies = {
        code: amounts
        for code, entry in top.inner("currencies")
        if (amounts := _currency(entry, code, channels)) is not None
    }
    # What is there is read even where it amounts to no caps: a slip must be said, and not be taken for none.
    shares: dict[str, Any] = {}
    for key, (least_bp, largest_bp) in (dict.fromkeys(_STEP_SHARES, (1, LARGEST_SHARE_BP)) | _SHARES).items():
        if top.has(key):
            shares[f"{key}_bp"] = share_bp(top, key, least_bp=least_bp, largest_bp=largest_bp)
    for key, (most, example) in _NUMBERS.items():
        if top.has(key):
            shares[key] = top.number(key, least=1, most=most, example=example)
    excluded = frozenset(top.texts("excluded_audiences", "write the audiences' ids"))
    alerts = read_alerts(top)
    if not currencies or not top.has("step_share_cap"):
        return None
    if not top.has("step_share_gate"):
        raise top.invalid("step_share_gate", "is missing; write a share such as 25%")
    if shares["step_share_gate_bp"] > shares["step_share_cap_bp"]:
        raise top.invalid("step_share_gate", "is above step_share_cap; lower it, or raise the cap")
    return Limits(**shares, excluded_audiences=excluded, alerts=alerts, currencies=currencies)


def dump_limits(limits: Limits) -> str:
    """The text of a limits.yml that reads back as the same limits, with what each line means."""
    shares = {key: getattr(limits, f"{key}_bp") for key in (*_STEP_SHARES, *_SHARES)}
    lines = [
        "# What a plan may change. Without these caps nothing is written to any channel.",
        "# Amounts are in units of the currency, budgets a day; shares are of a campaign's own daily budget.",
        *(f"{key}: {percent(bp)}  # {_MEANING[key]}" for key, bp in shares.items() if bp is not None),
        f"evaluation_sla_days: {limits.evaluation_sla_days}  # {_MEANING['evaluation_sla_days']}",
    ]
    if limits.contacts_per_week != Limits.model_fields["contacts_per_week"].default:
        lines.append(f"contacts_per_week: {limits.contacts_per_week}  # {_MEANING['contacts_per_week']}")
    if limits.excluded_audiences:
        ids = ", ".join(quoted(one) for one in sorted(limits.excluded_audiences))
        lines.append(f"excluded_audiences: [{ids}]  # {_MEANING['excluded_audiences']}")
    lines += dump_alerts(limits.alerts)
    lines.append("currencies:")
    for currency, amounts in sorted(limits.currencies.items()):
        lines += [f"  {currency}:", *_currency_lines(amounts)]
    return "\n".join(lines) + "\n"


def _currency(entry: Entry, code: str, channels: frozenset[str] | None) -> CurrencyLimits | None:
    check_currency(entry, code)
    entry.only((*_AMOUNTS, *_FURTHER_AMOUNTS, *_NAMED_CAPS))
    capped = all(entry.has(key) for key in _CAPS)
    keys = [key for key in (*_AMOUNTS, *_FURTHER_AMOUNTS) if entry.has(key) or (capped and key in _AMOUNTS)]
    amounts: dict[str, Any] = {key: amount(entry, key, code, largest_minor=LARGEST_MINOR) for key in keys}
    for key in _NAMED_CAPS:
        if entry.has(key):
            caps = entry.entry(key)
            if channels is not None and key.startswith("channel_"):
                caps.only(tuple(sorted(channels)))
            amounts[key] = {name: amount(caps, name, code, largest_minor=LARGEST_MINOR) for name in caps.keys}
    return CurrencyLimits(**amounts) if capped else None


def _currency_lines(amounts: CurrencyLimits) -> list[str]:
    single = {key: getattr(amounts, key) for key in (*_AMOUNTS, *_FURTHER_AMOUNTS)}
    lines = [f"    {key}: {plain(money)}  # {_MEANING[key]}" for key, money in single.items() if money is not None]
    for key in _NAMED_CAPS:
        caps = sorted(getattr(amounts, key).items())
        lines += [f"    {key}:"] if caps else []
        lines += [f"      {quoted(name)}: {plain(cap)}" for name, cap in caps]
    return lines
