"""Which product a file of business objects comes from, told by its headers."""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from agents.sources.entities import crm, events, mailing, shop, support
from agents.sources.entities.json_rows import JsonRows, is_json, open_json
from agents.sources.entities.layout import EntityLayout, Places, places_of
from agents.sources.entities.mapping import EntityMapping, layout_of_mapping
from agents.sources.entities.reading import EntityFile
from agents.sources.entities.recognised import Recognised
from agents.sources.entities.tables import LONG, blocks_of, is_wide_rates, long_rates
from agents.sources.entities.wordpress import is_wxr, open_wxr
from agents.sources.text.declared import Declared
from agents.sources.text.sniff import Raw, Table, find_header
from agents.sources.text.unreadable import UnreadableExport, shown

LAYOUTS = (*crm.LAYOUTS, *mailing.LAYOUTS, *support.LAYOUTS, *shop.LAYOUTS, *events.LAYOUTS)
"""All layouts that are told by headers; of equal ones the first counts."""
_HEAD = 1 << 16


def recognise(raw: Raw, declared: Declared) -> tuple[int, Recognised] | None:
    """The layout of a delimited text file and how many of its headers are known; None if it is none of ours.

    Raises UnreadableExport if the layout is clear but lacks a column that it needs.
    """
    if (rates := _wide_rates(raw, declared)) is not None:
        return rates
    found = find_header(raw, _score)
    if found is None:
        return None
    score, table = found
    places = _best(table.header)
    assert places is not None, "a header that was counted has a layout"
    _need_musts(raw.path, places, table.header_line)
    file = EntityFile(
        path=raw.path,
        places=places,
        source_blocks=blocks_of(table),
        declared=declared,
        sha256=raw.sha256,
        semicolons=table.delimiter == ";",
    )
    return score, file


def recognise_path(path: Path, declared: Declared | None = None) -> Recognised | None:
    """The layout of a file that is no delimited text: WordPress WXR, JSON Lines, a JSON array; None for all others.

    Raises UnreadableExport for JSON and WXR that cannot be read or that nobody knows.
    """
    said = declared or Declared()
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD)
    except OSError as error:
        raise UnreadableExport(path, None, f"cannot be opened ({error.strerror})", "check the path") from error
    if is_wxr(head):
        return open_wxr(path, said)
    if not is_json(head):
        return None
    rows = open_json(path)
    places = _best(rows.header)
    if places is None:
        problem = f"JSON with fields that nobody knows ({', '.join(shown(name) for name in rows.header[:6])})"
        raise UnreadableExport(path, 1, problem, "declare what they mean with --mapping FILE")
    _need_musts(path, places, 1)
    return _json_file(path, rows, places, said)


def recognise_mapped(raw: Raw, mapping: EntityMapping, declared: Declared) -> Recognised:
    """A delimited file read as a mapping says. Raises UnreadableExport naming the column that is missing."""
    layout = layout_of_mapping(mapping)
    wanted = set(mapping.named)

    def count(cells: list[str]) -> int:
        present = {cell.strip() for cell in cells}
        # Counted double, so that a header with a single one of them is found at all.
        return len(wanted & present) * 2

    found = find_header(raw, count)
    header = found[1].header if found else ()
    if missing := sorted(wanted - set(header)):
        problem = f"there is no column {', '.join(shown(name) for name in missing)}"
        raise UnreadableExport(raw.path, found[1].header_line if found else 1, problem, "correct the mapping file")
    assert found is not None, "a header with every column was found"
    table = found[1]
    return EntityFile(
        path=raw.path,
        places=_exact(layout, table.header, mapping),
        source_blocks=blocks_of(table),
        declared=mapping.declared(declared),
        sha256=raw.sha256,
        semicolons=table.delimiter == ";",
        decimal=mapping.style,
        account=mapping.account,
        simulated=mapping.simulated,
        how=(mapping.digest,),
    )


def _json_file(path: Path, rows: JsonRows, places: Places, declared: Declared) -> EntityFile:
    return EntityFile(
        path=path, places=places, source_blocks=rows.blocks, declared=declared, sha256=lambda: rows.sha256
    )


def _wide_rates(raw: Raw, declared: Declared) -> tuple[int, Recognised] | None:
    """A table of rates as central banks publish it: a day, then one column a currency."""
    found = find_header(raw, lambda cells: len(cells) if is_wide_rates(cells) else 0)
    if found is None:
        return None
    score, table = found
    base = _base_of(table)
    places = places_of(events.EXCHANGE_RATES, LONG)
    assert places is not None, "the long header is the layout's own"
    note = f"the file names no base currency: as in the European Central Bank's tables, one {base} is worth these"
    return score, EntityFile(
        path=raw.path,
        places=places,
        source_blocks=long_rates(table, base),
        declared=declared,
        sha256=raw.sha256,
        how=(base,),
        notes=(note,),
    )


def _base_of(table: Table) -> str:
    if "EUR" in table.header:
        problem = "one column a currency, the euro among them, and no word on which currency they are rates of"
        raise UnreadableExport(table.path, table.header_line, problem, "give the columns Date, Base, Quote and Rate")
    return "EUR"


def _need_musts(path: Path, places: Places, line: int) -> None:
    layout = places.layout
    for group in layout.musts:
        if any(name in places.at for name in group.split("|")):
            continue
        headers = [one.headers.split(" | ")[0] for one in layout.fields if one.name in group.split("|")]
        wanted = " or ".join(f"“{text}”" for text in headers)
        problem = f"the file looks like {layout.name}, but there is no column {wanted}"
        raise UnreadableExport(path, line, problem, f"add {wanted} to the columns and export again")


def _exact(layout: EntityLayout, header: Sequence[str], mapping: EntityMapping) -> Places:
    at = {name: header.index(text) for name, text in mapping.columns.items()}
    if mapping.currency_column is not None:
        at["currency"] = header.index(mapping.currency_column)
    return Places(layout, at, {}, len(at), tuple(header))


def _score(cells: list[str]) -> int:
    places = _best(tuple(cells))
    return places.known if places else 0


@lru_cache(maxsize=256)
def _best(header: tuple[str, ...]) -> Places | None:
    found = [places for layout in LAYOUTS if (places := places_of(layout, header))]
    return max(found, key=lambda places: places.known, default=None)
