"""Amounts and shares as people write them in limits.yml: currency units and per cent, exact to the penny."""

import re
from decimal import Decimal

from agents.governance.entries import Entry, EntryInvalid
from storage.records.money import Money, exponent_of

_AMOUNT = re.compile(r"\d{1,18}(\.\d+)?")
_SHARE = re.compile(r"(\d{1,6}(?:\.\d{1,2})?) ?%")
_CURRENCY = re.compile(r"[A-Z]{3}")


class LimitsInvalid(EntryInvalid):
    """Raised when limits.yml cannot be read as it stands; its owner must correct the named key."""


def check_currency(entry: Entry, code: str) -> None:
    """The mapping named `code` holds the limits of a currency, or LimitsInvalid is raised."""
    if not _CURRENCY.fullmatch(code):
        raise entry.invalid("", "is not a currency code; write three capitals such as GBP")


def share_bp(entry: Entry, key: str, *, least_bp: int, largest_bp: int) -> int:
    """A share such as `25%` in basis points."""
    match = _SHARE.fullmatch(entry.text(key, "write a share such as 25%"))
    share = int(Decimal(match.group(1)) * 100) if match else -1
    if not least_bp <= share <= largest_bp:
        least, largest = percent(least_bp), percent(largest_bp)
        raise entry.invalid(key, f"must be a share from {least} to {largest}, with the sign: 25%")
    return share


def amount(entry: Entry, key: str, currency: str, *, largest_minor: int) -> Money:
    """An amount in currency units, such as `1200.50`, with no more decimals than the currency has."""
    text = entry.text(key, "write an amount such as 1200.00")
    decimals = exponent_of(currency)
    if not _AMOUNT.fullmatch(text):
        raise entry.invalid(key, f"is “{text[:40]}”; write an amount such as 1200.00, without separators")
    scaled = Decimal(text).scaleb(decimals)
    if scaled != scaled.to_integral_value():
        raise entry.invalid(key, f"has more decimals than {currency} has: at most {decimals}")
    if scaled > largest_minor:
        raise entry.invalid(key, "is too large to judge by; write it in units of the currency")
    return Money(minor=int(scaled), currency=currency)


def percent(bp: int) -> str:
    """A share as the file has it: 2550 basis points are `25.5%`."""
    return f"{(Decimal(bp) / 100).normalize():f}%"


def plain(money: Money) -> str:
    """An amount as the file has it, with all decimals of its currency."""
    return f"{money.amount:.{exponent_of(money.currency)}f}"
