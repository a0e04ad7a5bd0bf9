"""What the columns of an unknown file may mean, proposed from headers and samples for a person to confirm."""

import csv
import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from agents.sources.entities.kinds import Kind
from agents.sources.entities.layout import squeezed
from agents.sources.entities.mapping import OWN, EntityMapping, kind_of
from agents.sources.entities.meanings import Meaning, Seen, meaning_of, meanings
from agents.sources.entities.words import CHANNELS, STATES
from agents.sources.text import mapping
from agents.sources.text.cells import Style, read_cell
from agents.sources.text.columns import seen
from agents.sources.text.currencies import could_be, is_code
from agents.sources.text.sniff import DELIMITERS, HEADER_WITHIN, Raw
from storage.contracts.columns import columns_of
from storage.contracts.entities import BY_DATASET

_SAMPLE_ROWS = 500
_LONGEST = 40


@dataclass(frozen=True)
class Guess:
    """One column of the file and what it is taken for."""

    header: str
    field: str | None
    """Field of the dataset; None if it is left out."""
    certainty: str
    """`name` (the header says so), `samples` (its cells look like it), `none`."""
    samples: tuple[str, ...]
    """Up to three different cells, shortened, and masked where they may be of a person; untrusted."""


@dataclass(frozen=True)
class ProposedMapping:
    """A mapping that reads the file as it is, if a person agrees."""

    dataset: str
    """`facts` or the name of an entity."""
    feed: str
    """Stable name for files with this header: `mapped/<16 hex>`."""
    guesses: tuple[Guess, ...]
    text: str
    """The mapping as YAML, as `--mapping` takes it."""
    doubts: tuple[str, ...]
    """What a person should look at before agreeing, one sentence each."""


@dataclass(frozen=True)
class Refusal:
    """Nothing can be proposed."""

    recognised: tuple[str, ...]
    """Columns that were understood: `Cost (spend)`."""
    missing: tuple[str, ...]
    """What would be needed, for people."""

    def __str__(self) -> str:
        seen_ = ", ".join(self.recognised) or "nothing"
        return f"recognised: {seen_}; missing: {', '.join(self.missing)}"


def propose(raw: Raw, *, currency: str | None = None) -> ProposedMapping | Refusal:
    """A mapping for a delimited text file of which no layout is known; `currency` is that of amounts that name none."""
    columns = columns_in(raw)
    if not columns:
        return Refusal((), ("a header that can be told apart from the rows",))
    found = [meaning for meaning in meanings(columns) if not meaning.missing]
    if not found:
        nearest = meanings(columns)[0]
        said = tuple(f"{column.header} ({name})" for name, column in nearest.columns.items())
        return Refusal(said, nearest.missing)
    doubts: list[str] = []
    meaning = found[0]
    make = _facts if meaning.dataset == "facts" else _entity
    document = make(raw, meaning, doubts, currency)
    if isinstance(document, Refusal):
        return document
    _check(document)
    return ProposedMapping(
        dataset=meaning.dataset,
        feed=feed_of(tuple(column.header for column in columns)),
        guesses=tuple(_guess(column, meaning) for column in columns),
        text=yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=120),
        doubts=tuple(doubts),
    )


def feed_of(header: tuple[str, ...]) -> str:
    """The name of all files with this header."""
    digest = hashlib.sha256("\x1f".join(squeezed(text) for text in header).encode()).hexdigest()
    return f"mapped/{digest[:16]}"


def columns_in(raw: Raw) -> tuple[Seen, ...]:
    """The columns of a table at the beginning of a file: its header and up to 500 rows; empty if there is none."""
    best: tuple[int, list[list[str]]] = (0, [])
    for delimiter in DELIMITERS:
        rows = list(_rows(raw, delimiter))
        for start, header in enumerate(rows[:HEADER_WITHIN]):
            body = [row for row in rows[start + 1 :] if len(row) == len(header)]
            if _may_be_header(header) and body and len(body) * 2 >= len(rows) - start - 1 and len(header) > best[0]:
                best = (len(header), [header, *body])
    if not best[1]:
        return ()
    header, *body = best[1]
    return tuple(
        Seen(
            text.strip().lstrip("\ufeff"),
            place,
            tuple(row[place].strip() for row in body),
            seen(text, {row[place] for row in body}).kind,
        )
        for place, text in enumerate(header)
        if text.strip()
    )


def _rows(raw: Raw, delimiter: str) -> Iterator[list[str]]:
    # The last line of the sample may be cut off.
    lines = raw.head.splitlines(keepends=True)[: _SAMPLE_ROWS + HEADER_WITHIN]
    whole = lines if len(raw.head) < 1 << 16 else lines[:-1]
    try:
        yield from (row for row in csv.reader(whole, delimiter=delimiter) if any(cell.strip() for cell in row))
    except csv.Error:
        return


def _may_be_header(cells: list[str]) -> bool:
    texts = [cell.strip() for cell in cells if cell.strip()]
    wordy = sum(bool(re.search(r"[^\W\d_]", text)) and "@" not in text for text in texts)
    return len(texts) >= 2 and wordy == len(texts) and len(set(texts)) == len(texts)


def _facts(raw: Raw, meaning: Meaning, doubts: list[str], said: str | None) -> dict[str, Any] | Refusal:
    money = [name for name in ("spend", "revenue") if name in meaning.columns]
    currency = _currency(meaning, money) or said
    kept = dict(meaning.columns)
    if money and currency is None:
        if not set(kept) - {*money, "day", "last_day", "campaign", "campaign_id"}:
            named = tuple(f"{column.header} ({name})" for name, column in kept.items())
            return Refusal(named, ("a currency: a column with codes, a symbol beside the amounts, or --currency",))
        doubts.append(f"No currency is named, so {' and '.join(money)} would be left out.")
        kept = {name: column for name, column in kept.items() if name not in money}
    document: dict[str, Any] = {"source": _source(raw), "channel": _channel(raw, meaning, doubts)}
    document |= {"currency": currency} if currency and money else {}
    document |= _decimal([kept[name] for name in kept if name not in ("day", "last_day", "campaign", "campaign_id")])
    document["columns"] = {name: column.header for name, column in kept.items()}
    _doubt_guessed(meaning, doubts)
    return document


def _entity(raw: Raw, meaning: Meaning, doubts: list[str], said: str | None) -> dict[str, Any] | Refusal:
    contract = [one for one in columns_of(BY_DATASET[meaning.dataset]) if one.name not in OWN]
    kept = dict(meaning.columns)
    money = [one.name for one in contract if one.unit == "micros" and one.name in kept]
    currency = _currency(meaning, money) or said
    if money and currency is None:
        if meaning.dataset in ("order", "order_line"):
            named = tuple(f"{column.header} ({name})" for name, column in kept.items())
            return Refusal(named, ("a currency: a column with codes, or a symbol beside the amounts",))
        doubts.append("No currency is named, so amounts would be left out.")
        kept = {name: column for name, column in kept.items() if name not in money}
    numbers = [
        kept[one.name] for one in contract if one.name in kept and kind_of(one) in (Kind.MONEY, Kind.WHOLE, Kind.RATE)
    ]
    document: dict[str, Any] = {"source": _source(raw), "dataset": meaning.dataset}
    document |= {"currency": currency} if currency and money else {}
    document |= _decimal(numbers)
    document["columns"] = {name: column.header for name, column in kept.items()}
    if values := _values(meaning, kept, doubts):
        document["values"] = values
    if meaning.fixed:
        document["fixed"] = dict(meaning.fixed)
        doubts += [
            f"Every row would be taken as {name} {value}: no column says it." for name, value in meaning.fixed.items()
        ]
    _doubt_guessed(meaning, doubts)
    return document


def _doubt_guessed(meaning: Meaning, doubts: list[str]) -> None:
    doubts += [
        f"“{column.header}” is taken for {name} by its cells alone."
        for name, column in meaning.columns.items()
        if name in meaning.guessed
    ]


def _values(meaning: Meaning, kept: dict[str, Seen], doubts: list[str]) -> dict[str, dict[str, str]]:
    """Words of the file for states, in ours."""
    found: dict[str, dict[str, str]] = {}
    for (dataset, name), ours in STATES.items():
        if dataset != meaning.dataset or name not in kept:
            continue
        table = {squeezed(word): our for our, words in ours.items() for word in words.split()}
        said = list(dict.fromkeys(text for text in kept[name].cells if text))[:50]
        known = {text: table[squeezed(text)] for text in said if squeezed(text) in table}
        found[name] = {text: our for text, our in known.items() if text != our}
        if unknown := [text for text in said if text not in known]:
            names = ", ".join(f"“{text[:_LONGEST]}”" for text in unknown[:5])
            doubts.append(f"{names} in “{kept[name].header}” is no {name} that we know: such rows would be set aside.")
    return {name: words for name, words in found.items() if words}


def _currency(meaning: Meaning, money: Sequence[str]) -> Any:
    """A code, the column with codes, or None."""
    if meaning.currency is not None:
        return {"column": meaning.currency.header}
    codes: set[str] = set()
    for name in money:
        header = re.search(r"[(\[]([A-Z]{3})[)\]]|\b([A-Z]{3})$", meaning.columns[name].header)
        if header and is_code(header[1] or header[2]):
            codes.add(header[1] or header[2])
        for text in meaning.columns[name].cells:
            symbols = [cell.symbol for style in Style if (cell := read_cell(text, style, 6)).symbol]
            for symbol in symbols[:1]:
                possible = could_be(symbol)
                codes |= possible if len(possible) == 1 else {"?"}
    return next(iter(codes)) if len(codes) == 1 and "?" not in codes else None


def _decimal(numbers: list[Seen]) -> dict[str, str]:
    bad = dict.fromkeys(Style, 0)
    for column in numbers:
        for text in set(column.cells):
            for style in Style:
                bad[style] += bool(read_cell(text, style, 9).problem)
    return {"decimal": ","} if bad[Style.COMMA] < bad[Style.POINT] else {}


def _channel(raw: Raw, meaning: Meaning, doubts: list[str]) -> Any:
    if meaning.channel is not None:
        return {"column": meaning.channel.header}
    words = f"{raw.path.stem} {' '.join(column.header for column in meaning.columns.values())}".casefold()
    for channel, names in CHANNELS.items():
        if any(re.search(rf"(?<![a-z]){name}", words) for name in names.split()):
            doubts.append(f"The channel is taken to be {channel}, from the file's name and columns.")
            return channel
    doubts.append("No column and no name says the channel: it would be called other.")
    return "other"


def _source(raw: Raw) -> str:
    """A name for who says it, from the file's name without dates and numbers."""
    words = re.findall(r"[a-z]+", raw.path.name.split(".")[0].casefold())
    name = "_".join(word for word in words if word not in ("export", "report", "data", "csv", "final", "copy", "file"))
    return name[:40].strip("_") or "own_file"


def _guess(column: Seen, meaning: Meaning) -> Guess:
    names = [name for name, one in meaning.columns.items() if one.place == column.place]
    if meaning.currency is not None and meaning.currency.place == column.place:
        names.append("currency")
    if meaning.channel is not None and meaning.channel.place == column.place:
        names.append("channel")
    certainty = "none" if not names else "samples" if names[0] in meaning.guessed else "name"
    different = [text for text in dict.fromkeys(column.cells) if text][:3]
    personal = any(meaning_of(meaning.dataset, name) for name in names) or not names
    return Guess(
        column.header, ", ".join(names) or None, certainty, tuple(_shown(text, personal) for text in different)
    )


def _shown(text: str, personal: bool) -> str:
    flat = " ".join(text.split())
    like_phone = re.fullmatch(r"\+?[\d\s()/-]{7,}", flat) and not re.match(r"\d{4}-\d\d|\d{1,2}/\d", flat)
    if "@" in flat or like_phone:
        return f"{flat[:1]}…"
    if personal and re.search(r"[^\W\d_]{2}", flat):
        return f"{flat[:2]}…"
    return flat if len(flat) <= _LONGEST else flat[: _LONGEST - 1] + "…"


def _check(document: dict[str, Any]) -> None:
    """A proposal that the mapping itself would refuse must not be made."""
    (EntityMapping if "dataset" in document else mapping.Mapping).model_validate(document)
