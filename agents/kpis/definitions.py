"""The KPI definitions of kpis.yml, read and checked before anything is computed with them."""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError, field_validator, model_validator

from agents.kpis.formula import Formula, FormulaError, parse_formula
from agents.kpis.lined import Lined, LinesUnreadable, lined
from agents.kpis.parts import DAYS, Part, can_be_told_by, measures_of
from agents.kpis.query import DIMENSIONS, Dimension
from agents.kpis.watchable import unwatchable
from storage.records.record import Record, digest_of

DEFAULT_PATH = Path(__file__).with_name("kpis.yml")
_UNIT = re.compile(r"currency(/[a-z0-9 ]+)?|%|ratio|count(/[a-z]+)?|score|(business )?minutes|hours|days")

_Words = Annotated[str, Field(min_length=1), AfterValidator(str.strip)]
_Texts = Annotated[tuple[str, ...], BeforeValidator(lambda said: (said,) if isinstance(said, str) else said)]


class KpiDefinitionError(ValueError):
    """Raised when a definition file is wrong; one line a fault, each naming file, line, KPI and key."""

    def __init__(self, path: Path, faults: tuple[str, ...], lines: tuple[int, ...] = ()) -> None:
        self.path = path
        self.faults = faults
        self.lines = lines or (0,) * len(faults)
        places = (f"{path.name}:{line}" if line else path.name for line in self.lines)
        super().__init__("\n".join(f"{place}: {fault}" for place, fault in zip(places, faults, strict=True)))


class UnknownKpi(LookupError):
    """Raised when a KPI is asked for that is not defined."""

    def __init__(self, name: str, known: tuple[str, ...]) -> None:
        self.name = name
        self.known = known
        super().__init__(f"no KPI is called {name!r}; KPIs are {', '.join(known)}")


class Kpi(Record):
    """One KPI as people define it."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    label: _Words
    unit: str
    """currency, currency/<thing>, %, ratio, count, count/<time>, score or a time; an answer names the currency."""
    direction: Literal["higher", "lower", "target", "neutral"]
    formula: str
    otherwise: _Texts = ()
    """The formulas used where those before have no data."""
    parts: dict[str, Part] = Field(default_factory=dict)
    """Names that the formulas use besides measures of daily facts."""
    version: int = Field(default=1, ge=1)
    target: Decimal | None = None
    """What the team aims at, in the unit; money in whatever currency an answer is in."""
    fresh_within_hours: int | None = Field(default=None, ge=1)
    """Data older than this are said to be stale."""
    watch: bool = False
    """Whether the monitor looks at it day by day and opens a case where it departs in its bad direction."""
    settles_in_days: int = Field(default=0, ge=0, le=60)
    """How many days after a day its figure has become what it stays; the monitor looks no sooner."""
    interval: Literal["share", "per count"] | None = None
    """How sure the value is: a share of counts (Wilson), or something divided by a count (Byar)."""
    beside: tuple[str, ...] = ()
    """KPIs told together with this one."""
    owner: _Words
    description: _Words
    note: str | None = None
    synonyms: tuple[_Words, ...] = ()

    @field_validator("unit")
    @classmethod
    def _unit_is_known(cls, unit: str) -> str:
        if not _UNIT.fullmatch(unit):
            raise ValueError(f"{unit!r} is none of currency, currency/<thing>, %, ratio, count")
        return unit

    @field_validator("parts", mode="after")
    @classmethod
    def _names_are_free(cls, parts: dict[str, Part]) -> dict[str, Part]:
        for name in parts:
            if not re.fullmatch(r"[a-z][a-z_]*", name) or name == DAYS:
                raise ValueError(f"{name!r}: a part has a name of small letters, other than {DAYS}")
        return parts

    @model_validator(mode="after")
    def _formulas_are_readable(self) -> "Kpi":
        used = {name for formula in self.formulas for name in formula.measures}
        if unused := sorted(set(self.parts) - used):
            raise ValueError(f"parts: no formula uses {', '.join(unused)}")
        for formula in self.formulas:
            if (self.unit == "%") != (formula.factor == 100 and bool(formula.denominator)):
                raise ValueError(f"unit {self.unit!r} and formula {formula.text!r}: a % is a division times 100")
            if self.unit.startswith("currency") and not formula.money:
                raise ValueError(f"unit {self.unit!r} and formula {formula.text!r}: no money in it")
        return self

    @model_validator(mode="after")
    def _can_be_watched(self) -> "Kpi":
        if not self.watch and self.settles_in_days:
            raise ValueError("settles_in_days: belongs to a KPI with watch: true")
        if self.watch and (why := self.unwatchable(self.formulas[0])):
            raise ValueError(f"watch: {why}")
        return self

    def unwatchable(self, formula: Formula) -> str:
        """Why one of its formulas cannot be followed day by day, for people; "" where it can."""
        return unwatchable(formula, self.parts, settles_in_days=self.settles_in_days)

    @property
    def formulas(self) -> tuple[Formula, ...]:
        """In order of preference."""
        own = measures_of(self.parts)
        return tuple(parse_formula(text, parts=own) for text in (self.formula, *self.otherwise))

    @property
    def of_facts(self) -> bool:
        """Whether daily facts alone can answer every formula."""
        return all(formula.of_facts for formula in self.formulas)

    @property
    def of_our_work(self) -> bool:
        """Whether it tells of plans and what became of them, by the clock on the wall."""
        return bool(self.parts) and all(part.table.ours for part in self.parts.values())

    @property
    def dimensions(self) -> tuple[Dimension, ...]:
        """What it can be split by, as far as its first formula goes."""
        names = [name for name in self.formulas[0].measures if name != DAYS]
        parts = [self.parts.get(name) for name in names]
        return tuple(name for name in DIMENSIONS if all(can_be_told_by(part, name) for part in parts))

    @property
    def counted(self) -> bool:
        """Whether it is divided by a plain count."""
        found = self.formulas[0]
        named = [found.known[term.measure] for term in found.denominator]
        return len(named) == 1 and not found.over and not named[0].money and named[0].scale == 1

    @property
    def edition(self) -> str:
        """Its number and a hash of everything that it says, so that no change goes unseen.

        Of what it says alone: a release that can say more leaves it as it is. Being watched makes no number another.
        """
        said = self.model_dump(exclude_defaults=True, by_alias=True, exclude={"watch", "settles_in_days"})
        return f"{self.version}-{digest_of(said)[:8]}"

    def unit_in(self, currency: str | None) -> str:
        """The unit of an answer: "GBP/click"; the word "currency" stays where no single one applies."""
        return self.unit.replace("currency", currency) if currency else self.unit


Kpis = Mapping[str, Kpi]
"""Definitions by name, in the order of the file."""


def load_kpis(path: Path = DEFAULT_PATH, *, own: Path | None = None) -> Kpis:
    """Read and check the definitions, and the team's `own` file over them if it exists.

    An entry of the own file that has a name of the other says only what is to be different; any other is a new KPI.
    Raises KpiDefinitionError with every fault found, each naming file, line, KPI and key.
    """
    entries = _entries(path)
    kpis = _checked(path, entries, {})
    if own is not None and own.exists():
        shipped = {str(one.value["name"]): one.value for one in entries if _is_named(one.value)}
        kpis |= _checked(own, _entries(own, required=not shipped), shipped)
    _check_beside(own if own is not None and own.exists() else path, kpis)
    return MappingProxyType(kpis)


def kpi_named(kpis: Kpis, name: str) -> Kpi:
    """The definition called that, or raises UnknownKpi; case, spaces and hyphens do not matter."""
    found = kpis.get(name.strip().casefold().replace("-", "_").replace(" ", "_"))
    if found is None:
        raise UnknownKpi(name, tuple(kpis))
    return found


def _checked(path: Path, entries: Sequence[Lined], shipped: Mapping[str, Any]) -> dict[str, Kpi]:
    kpis: dict[str, Kpi] = {}
    faults: list[tuple[int, str]] = []
    for at, entry in enumerate(entries, start=1):
        said = entry.value
        called = str(said["name"]) if _is_named(said) else f"entry {at}"
        if called in kpis:
            faults.append((entry.line(), f"{called}: name: defined twice"))
            continue
        try:
            kpis[called] = Kpi.model_validate({**shipped.get(called, {}), **said} if isinstance(said, dict) else said)
        except ValidationError as error:
            faults += [
                (entry.line(*(_place(one) or (_blamed(one),))), f"{called}: {_key(one)}: {_why(one)}")
                for one in error.errors()
            ]
    if faults:
        raise KpiDefinitionError(path, tuple(text for _, text in faults), tuple(line for line, _ in faults))
    return kpis


def _check_beside(path: Path, kpis: Mapping[str, Kpi]) -> None:
    for kpi in kpis.values():
        if unknown := [name for name in kpi.beside if name not in kpis]:
            raise KpiDefinitionError(path, (f"{kpi.name}: beside: no KPI is called {unknown[0]!r}",))


def _is_named(entry: Any) -> bool:
    return isinstance(entry, dict) and isinstance(entry.get("name"), str)


def _entries(path: Path, *, required: bool = True) -> tuple[Lined, ...]:
    try:
        document = lined(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise KpiDefinitionError(path, (f"cannot be read: {error}",)) from error
    except LinesUnreadable as error:
        raise KpiDefinitionError(path, (str(error),), (error.line,)) from error
    entries = document.at("kpis")
    if not required and entries is None and isinstance(document.value, dict) and document.value:
        return ()
    if entries is None or not entries.items:
        raise KpiDefinitionError(path, ("kpis: a list of definitions is missing",))
    return entries.items


def _place(fault: Any) -> tuple[str, ...]:
    return tuple(str(part) for part in fault["loc"])


def _key(fault: Any) -> str:
    return ".".join(_place(fault)) or _blamed(fault)


def _blamed(fault: Any) -> str:
    """The key that a fault of the whole entry is about, as its words begin with it."""
    cause = fault.get("ctx", {}).get("error")
    if isinstance(cause, FormulaError):
        return "formula"
    first = str(cause).partition(":")[0]
    return first if first in Kpi.model_fields and first != "unit" else "unit"


def _why(fault: Any) -> str:
    cause = fault.get("ctx", {}).get("error")
    if isinstance(cause, FormulaError | ValueError):
        return str(cause).removeprefix(f"{_blamed(fault)}: ") if not fault["loc"] else str(cause)
    words: str = fault["msg"]
    return {"missing": "is missing", "extra_forbidden": "is not a known key"}.get(fault["type"], words)
