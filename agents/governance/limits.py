"""What a team lets a plan change: caps that refuse, gates that ask the CMO. Without caps nothing is written.

Kept in the home's limits.yml, where people write amounts in currency units and shares in per cent; held as
integers in minor units and basis points.
"""

from decimal import Decimal
from pathlib import Path
from typing import Self

from pydantic import Field, model_validator

from agents.governance.limits_text import Entry, LimitsInvalid, read_entries
from storage.records.money import Money, exponent_of
from storage.records.record import Record

LARGEST_MINOR = 10**14
"""The largest amount judged, in minor units: below 2**53, and 64 bits hold it times the largest share."""
LARGEST_SHARE_BP = 90_000
"""A step of 900 % is ten times the budget, which is refused as a slipped unit whatever the cap."""

_SHARES = ("step_share_gate", "step_share_cap")
_AMOUNTS = ("daily_cap", "step_cap", "at_risk_gate", "min_budget")
_CAPS = ("daily_cap", "step_cap")
_MEANING = {
    "step_share_gate": "a campaign that moves by more in one step needs the CMO",
    "step_share_cap": "a campaign that would move by more in one step is refused",
    "daily_cap": "all daily budgets together, after the plan",
    "step_cap": "one campaign's move in one step, up or down",
    "at_risk_gate": "a plan with more money at risk needs the CMO",
    "min_budget": "the least a campaign may be given a day",
}


class CurrencyLimits(Record):
    """The amounts of one currency, each above or at zero."""

    daily_cap: Money
    """All daily budgets of the currency together, after the plan: never more."""
    step_cap: Money
    """The daily budget of one campaign, up or down in one plan: never more."""
    at_risk_gate: Money
    """Above this much money at risk the CMO must approve."""
    min_budget: Money
    """The least daily budget a plan may give a campaign."""
    channel_daily_caps: dict[str, Money] = Field(default_factory=dict)
    """Channel → its daily budgets together; a channel not named is bound by `daily_cap` alone."""


class Limits(Record):
    """What a team lets a plan change; shares are in basis points (2500 = 25 %)."""

    step_share_gate_bp: int = Field(ge=1, le=LARGEST_SHARE_BP)
    step_share_cap_bp: int = Field(ge=1, le=LARGEST_SHARE_BP)
    currencies: dict[str, CurrencyLimits] = Field(min_length=1)
    """ISO 4217 code → its amounts; a plan in any other currency is refused."""

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.step_share_gate_bp > self.step_share_cap_bp:
            raise ValueError("step_share_gate is above step_share_cap, so it would never be asked for")
        for currency, amounts in self.currencies.items():
            each = (getattr(amounts, name) for name in _AMOUNTS)
            for money in (*each, *amounts.channel_daily_caps.values()):
                if money.currency != currency or not 0 <= money.minor <= LARGEST_MINOR:
                    raise ValueError(f"{money} does not belong among the limits of {currency}")
        return self


def sandbox_limits(total_daily: Money) -> Limits:
    """Limits of a simulated home whose campaigns spend `total_daily` together.

    Total +20 %, a campaign's step 25 % of the total or half its own budget at most; the CMO is asked above a
    quarter of a campaign's budget, or above one week of the whole budget at risk.
    """

    def share(percent: int) -> Money:
        return Money(minor=total_daily.minor * percent // 100, currency=total_daily.currency)

    amounts = CurrencyLimits(
        daily_cap=share(120),
        step_cap=share(25),
        at_risk_gate=share(700),
        min_budget=Money.of(1, total_daily.currency),
    )
    return Limits(step_share_gate_bp=2500, step_share_cap_bp=5000, currencies={total_daily.currency: amounts})


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
    top = read_entries(text, file=file)
    top.only((*_SHARES, "currencies"))
    currencies = {
        code: amounts
        for code, entry in top.inner("currencies")
        if (amounts := _currency(entry, code, channels)) is not None
    }
    if not currencies or not top.has("step_share_cap"):
        return None
    gate_bp, cap_bp = (top.share_bp(key, largest_bp=LARGEST_SHARE_BP) for key in _SHARES)
    if gate_bp > cap_bp:
        raise LimitsInvalid(file, "step_share_gate", "is above step_share_cap; lower it, or raise the cap")
    return Limits(step_share_gate_bp=gate_bp, step_share_cap_bp=cap_bp, currencies=currencies)


def dump_limits(limits: Limits) -> str:
    """The text of a limits.yml that reads back as the same limits, with what each line means."""
    lines = [
        "# What a plan may change. Without these caps nothing is written to any channel.",
        "# Amounts are a day, in units of the currency; shares are of a campaign's own daily budget.",
        *(
            f"{key}: {_percent(bp)}  # {_MEANING[key]}"
            for key, bp in zip(_SHARES, (limits.step_share_gate_bp, limits.step_share_cap_bp), strict=True)
        ),
        "currencies:",
    ]
    for currency, amounts in sorted(limits.currencies.items()):
        lines.append(f"  {currency}:")
        lines += [f"    {key}: {_plain(getattr(amounts, key))}  # {_MEANING[key]}" for key in _AMOUNTS]
        if amounts.channel_daily_caps:
            lines.append("    channel_daily_caps:")
            caps = sorted(amounts.channel_daily_caps.items())
            lines += [f"      {_quoted(channel)}: {_plain(cap)}" for channel, cap in caps]
    return "\n".join(lines) + "\n"


def _currency(entry: Entry, code: str, channels: frozenset[str] | None) -> CurrencyLimits | None:
    entry.is_currency(code)
    entry.only((*_AMOUNTS, "channel_daily_caps"))
    if not all(entry.has(key) for key in _CAPS):
        return None
    amounts = {key: entry.money(key, code, largest_minor=LARGEST_MINOR) for key in _AMOUNTS}
    caps: dict[str, Money] = {}
    if entry.has("channel_daily_caps"):
        by_channel = entry.entry("channel_daily_caps")
        if channels is not None:
            by_channel.only(tuple(sorted(channels)))
        caps = {name: by_channel.money(name, code, largest_minor=LARGEST_MINOR) for name in by_channel.keys}
    return CurrencyLimits(**amounts, channel_daily_caps=caps)


def _percent(bp: int) -> str:
    return f"{(Decimal(bp) / 100).normalize():f}%"


def _plain(money: Money) -> str:
    return f"{money.amount:.{exponent_of(money.currency)}f}"


def _quoted(text: str) -> str:
    """YAML's single-quoted form, in which only the quote itself is special."""
    return "'" + text.replace("'", "''") + "'"
