"""Money as integer minor units with a currency: it adds exactly, and never across currencies."""

from decimal import ROUND_HALF_EVEN, Decimal
from typing import Self

from pydantic import Field

from storage.records.record import Record

MICROS = 1_000_000
"""Micro units in one currency unit, the resolution of ad platforms and of the lake's facts."""

# ISO 4217 minor-unit exponents that are not 2.
_EXPONENTS = {
    **dict.fromkeys(
        (
            "BIF",
            "CLP",
            "DJF",
            "GNF",
            "ISK",
            "JPY",
            "KMF",
            "KRW",
            "PYG",
            "RWF",
            "UGX",
            "VND",
            "VUV",
            "XAF",
            "XOF",
            "XPF",
        ),
        0,
    ),
    **dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3),
}
_SYMBOLS = {"GBP": "£", "EUR": "€", "USD": "$", "JPY": "¥"}


class CurrencyMismatch(ValueError):
    """Raised when money of two currencies would be added or compared; a dated exchange rate is needed."""

    def __init__(self, left: str, right: str) -> None:
        super().__init__(f"{left} and {right} cannot be combined without a dated exchange rate")


class Money(Record):
    """An amount in minor units (pence, cents, yen) of one ISO 4217 currency."""

    minor: int
    currency: str = Field(pattern=r"^[A-Z]{3}$")

    @classmethod
    def of(cls, amount: Decimal | int | str, currency: str) -> Self:
        """From an amount in currency units; more decimals than the currency has are rounded half to even."""
        scaled = Decimal(amount).scaleb(exponent_of(currency))
        return cls(minor=int(scaled.quantize(Decimal(1), rounding=ROUND_HALF_EVEN)), currency=currency)

    @classmethod
    def of_micros(cls, micros: int, currency: str) -> Self:
        """From micro units, rounded half to even."""
        return cls.of(Decimal(micros) / MICROS, currency)

    @property
    def amount(self) -> Decimal:
        """The amount in currency units."""
        return Decimal(self.minor).scaleb(-exponent_of(self.currency))

    @property
    def micros(self) -> int:
        return int(self.amount * MICROS)

    def __add__(self, other: Self) -> Self:
        self._same(other)
        return type(self)(minor=self.minor + other.minor, currency=self.currency)

    def __sub__(self, other: Self) -> Self:
        self._same(other)
        return type(self)(minor=self.minor - other.minor, currency=self.currency)

    def __mul__(self, times: int) -> Self:
        return type(self)(minor=self.minor * times, currency=self.currency)

    def __neg__(self) -> Self:
        return type(self)(minor=-self.minor, currency=self.currency)

    def __lt__(self, other: Self) -> bool:
        self._same(other)
        return self.minor < other.minor

    def __le__(self, other: Self) -> bool:
        self._same(other)
        return self.minor <= other.minor

    def __str__(self) -> str:
        """For people: "£1,234.50", "−£3.00", "CHF 12.00"."""
        sign = "−" if self.minor < 0 else ""
        symbol = _SYMBOLS.get(self.currency, f"{self.currency} ")
        return f"{sign}{symbol}{abs(self.amount):,.{exponent_of(self.currency)}f}"

    def _same(self, other: Self) -> None:
        if self.currency != other.currency:
            raise CurrencyMismatch(self.currency, other.currency)


def exponent_of(currency: str) -> int:
    """Decimals of a currency's minor unit: 2 for GBP, 0 for JPY, 3 for KWD."""
    return _EXPONENTS.get(currency, 2)
