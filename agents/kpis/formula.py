"""The formula of a KPI: sums of measures, one division, a constant factor. Parsed, never evaluated as code.

    formula := sum [ "/" sum ] [ "*" NUMBER ]
    sum     := term | "(" term (("+" | "-") term)* ")"      brackets may go where nothing is divided
    term    := [ NUMBER "*" ] MEASURE

Numerator and denominator are summed over all rows first and divided once, so ratios are never averaged.
"""

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Context, Decimal

RATIO_DIGITS = 10
"""Decimals kept of a quotient, not counting zeros that lead."""

_EXACT = Context(prec=80)
_TOKEN = re.compile(r"\s*(?:(?P<number>\d+(?:\.\d+)?)|(?P<name>[a-z][a-z_]*)|(?P<sign>[-+*/()]))")


class FormulaError(ValueError):
    """Raised when a formula in kpis.yml cannot be read; says at what and why."""


@dataclass(frozen=True)
class Measure:
    """A fact column that can be summed."""

    column: str
    """Integer column of storage.lake.facts.FACTS."""
    scale: int
    """How many of the column's units make one: 1,000,000 for micros."""
    money: bool = False
    store: bool = False
    """From the shop's own books; never taken together with what platforms report."""


MEASURES: Mapping[str, Measure] = {
    "spend": Measure("spend_micros", 1_000_000, money=True),
    "budget": Measure("budget_micros", 1_000_000, money=True),
    "impressions": Measure("impressions", 1),
    "clicks": Measure("clicks", 1),
    "conversions": Measure("conversions_milli", 1_000),
    "leads": Measure("leads_milli", 1_000),
    "sessions": Measure("sessions", 1),
    "revenue": Measure("revenue_micros", 1_000_000, money=True),
    "orders": Measure("orders", 1, store=True),
    "store_revenue": Measure("store_revenue_micros", 1_000_000, money=True, store=True),
}
"""What formulas may name."""


@dataclass(frozen=True)
class Term:
    weight: Decimal
    measure: str


@dataclass(frozen=True)
class Figures:
    """A computed value with what it was divided from; None where undefined or not known."""

    value: Decimal | None
    numerator: Decimal | None
    denominator: Decimal | None


NOTHING = Figures(None, None, None)


@dataclass(frozen=True)
class Formula:
    """value = numerator ÷ denominator × factor, or numerator × factor without a denominator."""

    text: str
    numerator: tuple[Term, ...]
    denominator: tuple[Term, ...]
    factor: Decimal

    @property
    def measures(self) -> tuple[str, ...]:
        """Every measure named, in order, once."""
        return tuple(dict.fromkeys(term.measure for term in self.numerator + self.denominator))

    @property
    def store(self) -> bool:
        return MEASURES[self.measures[0]].store

    @property
    def money(self) -> bool:
        """Whether any measure is money, so that sums must stay within one currency."""
        return any(MEASURES[name].money for name in self.measures)

    def figures(self, sums: Mapping[str, int | None]) -> Figures:
        """From exact sums of the raw integer columns, by measure; None where no row said anything.

        Plain sums are exact. A quotient is rounded half to even to RATIO_DIGITS significant decimals.
        """
        top = _total(self.numerator, sums)
        if not self.denominator:
            value = None if top is None else _EXACT.multiply(top, self.factor)
            return Figures(value, top, None)
        bottom = _total(self.denominator, sums)
        if top is None or not bottom:
            return Figures(None, top, bottom)
        quotient = _EXACT.divide(_EXACT.multiply(top, self.factor), bottom)
        return Figures(rounded(quotient), top, bottom)


def rounded(quotient: Decimal) -> Decimal:
    """To RATIO_DIGITS decimals, and more where the number is so small that zeros lead."""
    leading_zeros = max(0, -quotient.adjusted() - 1) if quotient else 0
    step = Decimal(1).scaleb(-(RATIO_DIGITS + leading_zeros))
    return quotient.quantize(step, rounding=ROUND_HALF_EVEN, context=_EXACT)


def parse_formula(text: str) -> Formula:
    """Read a formula; raises FormulaError that names the piece at fault."""
    tokens = _tokens(text)
    numerator = _sum(tokens, text)
    denominator: tuple[Term, ...] = ()
    if tokens and len(numerator) > 1 and not text.lstrip().startswith("("):
        raise FormulaError(f"{text!r}: put brackets around a sum that is divided or multiplied")
    if tokens and tokens[0] == "/":
        tokens.pop(0)
        denominator = _sum(tokens, text, single=True)
    factor = Decimal(1)
    if tokens and tokens[0] == "*":
        tokens.pop(0)
        factor = _number(tokens, text)
    if tokens:
        raise FormulaError(f"{text!r}: did not expect {tokens[0]!r}; the form is sum / sum * number")
    formula = Formula(text=text, numerator=numerator, denominator=denominator, factor=factor)
    if len({MEASURES[name].store for name in formula.measures}) > 1:
        raise FormulaError(f"{text!r} mixes the shop's own books with what platforms report: they are never mixed")
    if not denominator and len({MEASURES[term.measure].money for term in numerator}) > 1:
        raise FormulaError(f"{text!r} adds money to counts")
    return formula


def _total(terms: tuple[Term, ...], sums: Mapping[str, int | None]) -> Decimal | None:
    known = [(term, sums.get(term.measure)) for term in terms]
    if all(value is None for _, value in known):
        return None
    total = Decimal(0)
    for term, value in known:
        part = _EXACT.divide(Decimal(value or 0), Decimal(MEASURES[term.measure].scale))
        total = _EXACT.add(total, _EXACT.multiply(part, term.weight))
    return total


def _tokens(text: str) -> list[str]:
    tokens: list[str] = []
    at = 0
    while at < len(text.rstrip()):
        match = _TOKEN.match(text, at)
        if match is None:
            raise FormulaError(f"{text!r}: cannot read {text[at:].strip()[:10]!r}")
        tokens.append(match.group().strip())
        at = match.end()
    return tokens


def _sum(tokens: list[str], text: str, *, single: bool = False) -> tuple[Term, ...]:
    bracketed = bool(tokens) and tokens[0] == "("
    if bracketed:
        tokens.pop(0)
    terms = [_term(tokens, text, Decimal(1))]
    while tokens and tokens[0] in "+-" and (bracketed or not single):
        sign = Decimal(1) if tokens.pop(0) == "+" else Decimal(-1)
        terms.append(_term(tokens, text, sign))
    if bracketed and (not tokens or tokens.pop(0) != ")"):
        raise FormulaError(f"{text!r}: a bracket is not closed")
    return tuple(terms)


def _term(tokens: list[str], text: str, sign: Decimal) -> Term:
    weight = sign
    if tokens and tokens[0][0].isdigit():
        weight = sign * _number(tokens, text)
        if not tokens or tokens.pop(0) != "*":
            raise FormulaError(f"{text!r}: a number must be followed by * and a measure")
    if not tokens:
        raise FormulaError(f"{text!r}: a measure is missing at the end")
    name = tokens.pop(0)
    if name not in MEASURES:
        near = difflib.get_close_matches(name, MEASURES, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else f"; measures are {', '.join(MEASURES)}"
        raise FormulaError(f"{text!r}: {name!r} is not a measure{hint}")
    return Term(weight=weight, measure=name)


def _number(tokens: list[str], text: str) -> Decimal:
    if not tokens or not tokens[0][0].isdigit():
        raise FormulaError(f"{text!r}: a number is missing after *")
    return Decimal(tokens.pop(0))
