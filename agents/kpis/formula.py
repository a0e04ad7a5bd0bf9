"""The formula of a KPI: sums of measures, one division, a constant factor. Parsed, never evaluated as code.

    formula := sum [ "/" sum ] [ "*" NUMBER ]
    sum     := term | "(" term (("+" | "-") term)* ")"      brackets may go where nothing is divided
    term    := [ NUMBER "*" ] MEASURE

Where a definition names parts of its own, several sums may be multiplied and divided: a * b / c / d * NUMBER.
Every sum is taken over all rows first and the whole is divided once, so ratios are never averaged.
"""

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
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
    part: bool = False
    """Named by the definition itself and taken from business objects or our own work, not from daily facts."""


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
LATE = frozenset({"conversions", "leads", "revenue"})
"""Measures that go on growing after their day."""


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
    times: tuple[tuple[Term, ...], ...] = ()
    """More sums that the numerator is multiplied by."""
    over: tuple[tuple[Term, ...], ...] = ()
    """More sums that the denominator is multiplied by."""
    known: Mapping[str, Measure] = field(default_factory=lambda: MEASURES, compare=False, repr=False)
    """What its names stand for."""

    @property
    def measures(self) -> tuple[str, ...]:
        """Every measure named, in order, once."""
        sums = (self.numerator, *self.times, self.denominator, *self.over)
        return tuple(dict.fromkeys(term.measure for terms in sums for term in terms))

    @property
    def of_facts(self) -> bool:
        """Whether daily facts alone answer it."""
        return not any(self.known[name].part for name in self.measures)

    @property
    def store(self) -> bool:
        return self.known[self.measures[0]].store

    @property
    def money(self) -> bool:
        """Whether any measure is money, so that sums must stay within one currency."""
        return any(self.known[name].money for name in self.measures)

    def figures(self, sums: Mapping[str, int | None]) -> Figures:
        """From exact sums of the raw integer columns, by measure; None where no row said anything.

        Plain sums are exact. A quotient is rounded half to even to RATIO_DIGITS significant decimals.
        """
        top = self._product((self.numerator, *self.times), sums)
        if not self.denominator:
            value = None if top is None else _EXACT.multiply(top, self.factor)
            return Figures(_short(value), _short(top), None)
        bottom = self._product((self.denominator, *self.over), sums)
        if top is None or not bottom:
            return Figures(None, _short(top), _short(bottom))
        quotient = _EXACT.divide(_EXACT.multiply(top, self.factor), bottom)
        return Figures(rounded(quotient), _short(top), _short(bottom))

    def _product(self, parts: tuple[tuple[Term, ...], ...], sums: Mapping[str, int | None]) -> Decimal | None:
        product = Decimal(1)
        for terms in parts:
            total = _total(terms, sums, self.known)
            if total is None:
                return None
            product = _EXACT.multiply(product, total)
        return product


def _short(number: Decimal | None) -> Decimal | None:
    """Sums of money and counts stay as they are; a time in minutes may have no end of decimals."""
    if number is None or -int(number.as_tuple().exponent) <= RATIO_DIGITS:
        return number
    return rounded(number)


def rounded(quotient: Decimal) -> Decimal:
    """To RATIO_DIGITS decimals, and more where the number is so small that zeros lead."""
    leading_zeros = max(0, -quotient.adjusted() - 1) if quotient else 0
    step = Decimal(1).scaleb(-(RATIO_DIGITS + leading_zeros))
    return quotient.quantize(step, rounding=ROUND_HALF_EVEN, context=_EXACT)


def parse_formula(text: str, *, parts: Mapping[str, Measure] | None = None) -> Formula:
    """Read a formula; `parts` are names that a definition adds. Raises FormulaError that names the piece at fault."""
    known = {**MEASURES, **(parts or {})}
    tokens = _tokens(text)
    numerator = _sum(tokens, text, known)
    if tokens and len(numerator) > 1 and not text.lstrip().startswith("("):
        raise FormulaError(f"{text!r}: put brackets around a sum that is divided or multiplied")
    times: list[tuple[Term, ...]] = []
    over: list[tuple[Term, ...]] = []
    factor = Decimal(1)
    numbered = False
    while tokens and tokens[0] in "*/" and (parts or not numbered):
        sign = tokens.pop(0)
        if sign == "*" and (numbered := not parts or bool(tokens and tokens[0][0].isdigit())):
            factor *= _number(tokens, text)
        elif sign == "/" and over and not parts:
            raise FormulaError(f"{text!r}: did not expect '/'; the form is sum / sum * number")
        else:
            (over if sign == "/" else times).append(_sum(tokens, text, known, single=True))
    if tokens:
        raise FormulaError(f"{text!r}: did not expect {tokens[0]!r}; the form is sum / sum * number")
    formula = Formula(
        text=text,
        numerator=numerator,
        denominator=over[0] if over else (),
        factor=factor,
        times=tuple(times),
        over=tuple(over[1:]),
        known=known,
    )
    _agree(formula, text)
    return formula


def _agree(formula: Formula, text: str) -> None:
    facts = [one for name in formula.measures if not (one := formula.known[name]).part]
    if len({one.store for one in facts}) > 1:
        raise FormulaError(f"{text!r} mixes the shop's own books with what platforms report: they are never mixed")
    alone = not formula.denominator and not formula.times
    if alone and len({formula.known[term.measure].money for term in formula.numerator}) > 1:
        raise FormulaError(f"{text!r} adds money to counts")


def _total(terms: tuple[Term, ...], sums: Mapping[str, int | None], known: Mapping[str, Measure]) -> Decimal | None:
    found = [(term, sums.get(term.measure)) for term in terms]
    if all(value is None for _, value in found):
        return None
    total = Decimal(0)
    for term, value in found:
        part = _EXACT.divide(Decimal(value or 0), Decimal(known[term.measure].scale))
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


def _sum(tokens: list[str], text: str, known: Mapping[str, Measure], *, single: bool = False) -> tuple[Term, ...]:
    bracketed = bool(tokens) and tokens[0] == "("
    if bracketed:
        tokens.pop(0)
    terms = [_term(tokens, text, Decimal(1), known)]
    while tokens and tokens[0] in "+-" and (bracketed or not single):
        sign = Decimal(1) if tokens.pop(0) == "+" else Decimal(-1)
        terms.append(_term(tokens, text, sign, known))
    if bracketed and (not tokens or tokens.pop(0) != ")"):
        raise FormulaError(f"{text!r}: a bracket is not closed")
    return tuple(terms)


def _term(tokens: list[str], text: str, sign: Decimal, known: Mapping[str, Measure]) -> Term:
    weight = sign
    if tokens and tokens[0][0].isdigit():
        weight = sign * _number(tokens, text)
        if not tokens or tokens.pop(0) != "*":
            raise FormulaError(f"{text!r}: a number must be followed by * and a measure")
    if not tokens:
        raise FormulaError(f"{text!r}: a measure is missing at the end")
    name = tokens.pop(0)
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1)
        hint = f"; did you mean {near[0]!r}?" if near else f"; measures are {', '.join(known)}"
        raise FormulaError(f"{text!r}: {name!r} is not a measure{hint}")
    return Term(weight=weight, measure=name)


def _number(tokens: list[str], text: str) -> Decimal:
    if not tokens or not tokens[0][0].isdigit():
        raise FormulaError(f"{text!r}: a number is missing after *")
    return Decimal(tokens.pop(0))
