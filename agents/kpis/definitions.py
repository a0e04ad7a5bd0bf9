"""The KPI definitions of kpis.yml, read and checked before anything is computed with them."""

import re
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Literal

import yaml
from pydantic import AfterValidator, Field, ValidationError, field_validator, model_validator

from agents.kpis.formula import Formula, FormulaError, parse_formula
from storage.records.record import Record

DEFAULT_PATH = Path(__file__).with_name("kpis.yml")
_UNIT = re.compile(r"currency(/[a-z0-9 ]+)?|%|ratio|count")

_Words = Annotated[str, Field(min_length=1), AfterValidator(str.strip)]


class KpiDefinitionError(ValueError):
    """Raised when a definition file is wrong; one line a fault, each naming file, KPI and key."""

    def __init__(self, path: Path, faults: tuple[str, ...]) -> None:
        self.path = path
        self.faults = faults
        super().__init__("\n".join(f"{path.name}: {fault}" for fault in faults))


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
    """currency, currency/<thing>, %, ratio or count; an answer names the currency itself."""
    direction: Literal["higher", "lower", "target", "neutral"]
    formula: str
    otherwise: str | None = None
    """The formula used where the first has no data."""
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

    @field_validator("formula", "otherwise")
    @classmethod
    def _formula_is_readable(cls, text: str | None) -> str | None:
        if text is not None:
            parse_formula(text)
        return text

    @model_validator(mode="after")
    def _unit_fits_the_formula(self) -> "Kpi":
        for formula in self.formulas:
            if (self.unit == "%") != (formula.factor == 100 and bool(formula.denominator)):
                raise ValueError(f"unit {self.unit!r} and formula {formula.text!r}: a % is a division times 100")
            if self.unit.startswith("currency") and not formula.money:
                raise ValueError(f"unit {self.unit!r} and formula {formula.text!r}: no money in it")
        return self

    @property
    def formulas(self) -> tuple[Formula, ...]:
        """In order of preference."""
        return tuple(parse_formula(text) for text in (self.formula, self.otherwise) if text is not None)

    def unit_in(self, currency: str | None) -> str:
        """The unit of an answer: "GBP/click"; the word "currency" stays where no single one applies."""
        return self.unit.replace("currency", currency) if currency else self.unit


Kpis = Mapping[str, Kpi]
"""Definitions by name, in the order of the file."""


def load_kpis(path: Path = DEFAULT_PATH) -> Kpis:
    """Read and check a definition file.

    Raises KpiDefinitionError with every fault found, each naming the KPI and the key.
    """
    entries = _entries(path)
    kpis: dict[str, Kpi] = {}
    faults: list[str] = []
    for at, entry in enumerate(entries, start=1):
        name = entry.get("name") if isinstance(entry, dict) else None
        called = name if isinstance(name, str) else f"entry {at}"
        if called in kpis:
            faults.append(f"{called}: name: defined twice")
            continue
        try:
            kpis[called] = Kpi.model_validate(entry)
        except ValidationError as error:
            faults += [f"{called}: {_key(fault)}: {_why(fault)}" for fault in error.errors()]
    if faults:
        raise KpiDefinitionError(path, tuple(faults))
    return MappingProxyType(kpis)


def kpi_named(kpis: Kpis, name: str) -> Kpi:
    """The definition called that, or raises UnknownKpi; case, spaces and hyphens do not matter."""
    found = kpis.get(name.strip().casefold().replace("-", "_").replace(" ", "_"))
    if found is None:
        raise UnknownKpi(name, tuple(kpis))
    return found


def _entries(path: Path) -> list[Any]:
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise KpiDefinitionError(path, (f"cannot be read: {error}",)) from error
    entries = document.get("kpis") if isinstance(document, dict) else None
    if not isinstance(entries, list) or not entries:
        raise KpiDefinitionError(path, ("kpis: a list of definitions is missing",))
    return entries


def _key(fault: Any) -> str:
    return ".".join(str(part) for part in fault["loc"]) or "unit"


def _why(fault: Any) -> str:
    cause = fault.get("ctx", {}).get("error")
    if isinstance(cause, FormulaError | ValueError):
        return str(cause)
    words: str = fault["msg"]
    return {"missing": "is missing", "extra_forbidden": "is not a known key"}.get(fault["type"], words)
