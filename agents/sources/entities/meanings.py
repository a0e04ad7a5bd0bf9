"""Which dataset the columns of an unknown file fit, and which column is what: by names first, then by cells."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache

from agents.sources.entities.kinds import Kind
from agents.sources.entities.layout import squeezed
from agents.sources.entities.mapping import OWN, kind_of
from agents.sources.entities.words import CHANNEL, CURRENCY, DATASETS, FACTS, TELLING
from agents.sources.text.currencies import is_code
from agents.sources.text.metrics import METRICS
from storage.contracts.columns import columns_of
from storage.contracts.entities import BY_DATASET

_FIXED = {
    "order": {"status": "paid"},
    "content": {"kind": "page", "status": "published"},
}
"""What may be taken for granted where no column says it, with a word to the person."""
_FITTING: Mapping[str, tuple[str, ...]] = {
    "number": ("number", "money", "empty"),
    "moment": ("day", "moment", "number", "empty"),
    "flag": ("flag", "text", "number", "empty"),
    "text": ("text", "number", "flag", "day", "moment", "money", "empty"),
}
"""How a field is read → kinds of cells that may be it."""
_NEEDED = {"day": "a column with the day", "number": "a column with a number: spend, clicks, impressions …"}


@dataclass(frozen=True)
class Seen:
    """One column at the beginning of a file."""

    header: str
    place: int
    cells: tuple[str, ...]
    kind: str
    """As `agents.sources.text.columns` tells it."""

    @property
    def plain(self) -> str:
        return squeezed(self.header)


@dataclass
class Meaning:
    """One dataset and what each of its fields would be read from."""

    dataset: str
    columns: dict[str, Seen] = field(default_factory=dict)
    guessed: set[str] = field(default_factory=set)
    """Fields that were found by their cells alone."""
    fixed: dict[str, str] = field(default_factory=dict)
    missing: tuple[str, ...] = ()
    channel: Seen | None = None
    currency: Seen | None = None
    score: int = 0


def meanings(columns: tuple[Seen, ...]) -> list[Meaning]:
    """All datasets with what they would be read from, the likeliest first, those that lack something last."""
    found = [_facts(columns), *(_entity(dataset, columns) for dataset in DATASETS)]
    return sorted(found, key=lambda one: (bool(one.missing), -one.score))


def meaning_of(dataset: str, name: str) -> bool:
    """Whether the field holds data of people."""
    if dataset == "facts":
        return False
    return any(one.name == name and one.personal is not None for one in columns_of(BY_DATASET[dataset]))


def _facts(columns: tuple[Seen, ...]) -> Meaning:
    meaning = Meaning("facts", currency=_code_column(columns), channel=_named(CHANNEL, columns, set()))
    taken = {one.place for one in (meaning.currency, meaning.channel) if one}
    for name, words in _words(FACTS).items():
        kind = "moment" if name in ("day", "last_day") else "number" if name in METRICS else "text"
        if (column := _named(words, columns, taken, kind)) is not None:
            meaning.columns[name] = column
            taken.add(column.place)
            meaning.score += 2 if name in METRICS or name == "day" else 1
    if "day" not in meaning.columns and (day := _only_day(columns, taken)):
        meaning.columns["day"] = day
        meaning.guessed.add("day")
    numbers = set(meaning.columns) & set(METRICS)
    missing = [_NEEDED["day"]] if "day" not in meaning.columns else []
    missing += [] if numbers else [_NEEDED["number"]]
    # Figures of campaigns have a number a day; one number beside a date could be anything.
    if len(numbers) < 2 and "campaign" not in meaning.columns:
        missing.append("a column with the campaign")
    meaning.missing = tuple(missing)
    return meaning


def _entity(dataset: str, columns: tuple[Seen, ...]) -> Meaning:
    meaning = Meaning(dataset)
    contract = {one.name: one for one in columns_of(BY_DATASET[dataset]) if one.name not in OWN}
    if any(one.unit == "micros" for one in contract.values()):
        meaning.currency = _code_column(columns)
    taken = {meaning.currency.place} if meaning.currency else set()
    for name, words in _words(DATASETS[dataset]).items():
        kind = _reading(kind_of(contract[name]))
        if (column := _named(words, columns, taken, kind)) is not None:
            meaning.columns[name] = column
            taken.add(column.place)
            meaning.score += 2
    _by_cells(meaning, columns, taken)
    needed = [one.name for one in contract.values() if not one.optional and not one.has_default]
    for name in needed:
        if name not in meaning.columns and name in _FIXED.get(dataset, {}):
            meaning.fixed[name] = _FIXED[dataset][name]
            meaning.score -= 2
    missing = [name.replace("_", " ") for name in needed if name not in {**meaning.columns, **meaning.fixed}]
    if not set(TELLING[dataset]) & set(meaning.columns):
        missing.append(" or ".join(name.removesuffix("_micros").replace("_", " ") for name in TELLING[dataset][:3]))
    meaning.missing = tuple(f"a column with the {name} of each {dataset.replace('_', ' ')}" for name in missing)
    return meaning


def _by_cells(meaning: Meaning, columns: tuple[Seen, ...], taken: set[int]) -> None:
    """Fields that a look at the cells finds: an address, a day where there is only one, an id that never repeats."""
    if meaning.dataset == "lead" and "email" not in meaning.columns:
        mails = [one for one in columns if one.place not in taken and _are_addresses(one)]
        if len(mails) == 1:
            _guess(meaning, "email", mails[0], taken)
    happened = BY_DATASET[meaning.dataset].happened
    if happened and happened not in meaning.columns and (day := _only_day(columns, taken)):
        _guess(meaning, happened, day, taken)
    if meaning.dataset == "deal" and "stage" in meaning.columns and "state" not in meaning.columns:
        meaning.columns["state"] = meaning.columns["stage"]
    if "id" in {one.name for one in columns_of(BY_DATASET[meaning.dataset])} and "id" not in meaning.columns:
        ids = [one for one in columns if one.place not in taken and _are_ids(one)]
        if len(ids) == 1:
            _guess(meaning, "id", ids[0], taken)
        elif meaning.dataset == "lead" and "email" in meaning.columns and _are_ids(meaning.columns["email"]):
            # Whoever has no number is known by the address.
            meaning.columns["id"] = meaning.columns["email"]


def _guess(meaning: Meaning, name: str, column: Seen, taken: set[int]) -> None:
    meaning.columns[name] = column
    meaning.guessed.add(name)
    taken.add(column.place)


def _named(words: str, columns: tuple[Seen, ...], taken: set[int], kind: str = "text") -> Seen | None:
    """The column that one of the words names, exactly or at its end or beginning: "Total cost", "Cost (EUR)"."""
    free = [one for one in columns if one.place not in taken and one.kind in _FITTING[kind]]
    names = [squeezed(word) for word in words.split(" | ")]
    for name in names:
        if exact := next((one for one in free if one.plain == name), None):
            return exact
    for name in names:
        if len(name) >= 4 and (near := next((one for one in free if _contains(one.header, name)), None)):
            return near
    return None


def _contains(header: str, name: str) -> bool:
    parts = [squeezed(part) for part in header.replace("_", " ").replace("(", " ").split()]
    runs = {"".join(parts[start:end]) for start in range(len(parts)) for end in range(start + 1, len(parts) + 1)}
    return name in runs


def _only_day(columns: tuple[Seen, ...], taken: set[int]) -> Seen | None:
    days = [one for one in columns if one.place not in taken and one.kind in ("day", "moment")]
    return days[0] if len(days) == 1 else None


def _code_column(columns: tuple[Seen, ...]) -> Seen | None:
    """The column with currency codes."""
    named = _named(CURRENCY, columns, set())
    found = [named] if named else list(columns)
    codes = [one for one in found if (told := {text for text in one.cells if text}) and all(map(is_code, told))]
    return codes[0] if len(codes) == 1 and (named or squeezed(codes[0].header) in ("cur", "ccy")) else None


def _are_addresses(column: Seen) -> bool:
    told = [text for text in column.cells if text]
    return bool(told) and sum("@" in text and "." in text for text in told) >= len(told) * 0.9


def _are_ids(column: Seen) -> bool:
    """Whether every cell is filled, short and different from the others."""
    short = all(text and len(text) <= 64 and " " not in text for text in column.cells)
    return (
        short
        and len(column.cells) > 1
        and len(set(column.cells)) == len(column.cells)
        and column.kind in ("text", "number")
    )


def _reading(kind: Kind) -> str:
    if kind is Kind.MOMENT:
        return "moment"
    if kind is Kind.FLAG:
        return "flag"
    return "number" if kind in (Kind.MONEY, Kind.WHOLE, Kind.RATE) else "text"


@cache
def _words(table: str) -> dict[str, str]:
    entries = [" ".join(entry.split()).partition(": ") for entry in re.split(r"\n(?!\s*\|)", table.strip())]
    return {name: words for name, _, words in entries}
