"""Plain CSV and Parquet files with a declared mapping."""

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path

import polars as pl

from agents.sources.exports.layout import Layout, flag_name
from agents.sources.text.aliases import plain_header
from agents.sources.text.cells import Style
from agents.sources.text.days import Order
from agents.sources.text.declared import Declared
from agents.sources.text.mapping import FromColumn, Mapping
from agents.sources.text.metrics import METRICS
from agents.sources.text.rows import LINE, column
from agents.sources.text.sniff import DELIMITERS, Progress, Raw, Table, find_header
from agents.sources.text.unreadable import UnreadableExport

_ROWS = 50_000


def find_table(raw: Raw, mapping: Mapping) -> Table:
    """The CSV table that has the declared columns. Raises UnreadableExport naming the key whose column is missing."""
    wanted = {plain_header(name) for _, name in mapping.named}
    delimiters = (mapping.delimiter,) if mapping.delimiter else DELIMITERS
    known = len(wanted) == 1

    def count(cells: list[str]) -> int:
        # A header of one column is counted double, so that it is found at all.
        return len(wanted & {plain_header(cell) for cell in cells}) * (2 if known else 1)

    found = find_header(raw, count, delimiters)
    if found is None:
        names = ", ".join(name for _, name in mapping.named)
        problem = f"no line at the beginning holds the columns that the mapping names ({names})"
        raise UnreadableExport(raw.path, 1, problem, "correct the names in the mapping file")
    return found[1]


def layout(path: Path, header: Sequence[str], header_line: int | None, mapping: Mapping, declared: Declared) -> Layout:
    """How to read a file with this header. Raises UnreadableExport naming the key whose column is missing."""
    places = {plain_header(text): column(place) for place, text in reversed(list(enumerate(header)))}
    for key, name in mapping.named:
        if plain_header(name) not in places:
            problem = f"there is no column “{name}” ({key} in the mapping); there are {', '.join(header)}"
            raise UnreadableExport(path, header_line, problem, f"correct {key} in the mapping file")
    field = {name: places[plain_header(said)] for name, said in mapping.columns.items()}
    channel, currency = mapping.channel, mapping.currency
    order = declared.dates or (None if mapping.dates == "iso" else Order(mapping.dates))
    return Layout(
        path=path,
        name="plain/csv" if header_line else "plain/parquet",
        source=mapping.source,
        grain=mapping.grain,
        header=tuple(header),
        styles=(Style.COMMA if mapping.decimal == "," else Style.POINT,),
        channel="" if isinstance(channel, FromColumn) else channel,
        channel_column=places[plain_header(channel.column)] if isinstance(channel, FromColumn) else None,
        channel_names=_folded(channel.names) if isinstance(channel, FromColumn) else {},
        simulated=mapping.simulated,
        account=declared.account or mapping.account,
        campaign=field.get("campaign", field.get("campaign_id")),
        campaign_id=field.get("campaign_id"),
        nameless=True,
        day=field["day"],
        last_day=field.get("last_day"),
        order=order,
        zone=mapping.zone,
        currency=(None if isinstance(currency, FromColumn) else currency) or declared.currency,
        currency_column=places[plain_header(currency.column)] if isinstance(currency, FromColumn) else None,
        numbers={name: field[name] for name in METRICS if name in field},
        dimensions={flag_name(name): places[plain_header(name)] for name in mapping.breakdown},
        states=[field["day"]],
    )


def parquet_header(path: Path) -> tuple[str, ...]:
    """Column names of a Parquet file. Raises UnreadableExport."""
    with _as_refusal(path):
        return tuple(pl.read_parquet_schema(path))


def parquet_blocks(path: Path, layout: Layout, progress: Progress | None = None) -> Iterator[pl.DataFrame]:
    """The rows of a Parquet file as blocks of text, the way a CSV gives them; rows are counted from 1."""
    with _as_refusal(path):
        scan = pl.scan_parquet(path)
        schema = scan.collect_schema()
        total = int(scan.select(pl.len()).collect().item())
    size = path.stat().st_size
    texts = [_as_text(name, kind, layout).alias(column(place)) for place, (name, kind) in enumerate(schema.items())]
    for start in range(0, total, _ROWS):
        with _as_refusal(path):
            block = scan.slice(start, _ROWS).select(texts).collect()
        yield block.with_columns(pl.int_range(start + 1, start + 1 + block.height, dtype=pl.Int64).alias(LINE))
        if progress:
            progress(size * min(total, start + _ROWS) // total, size)


def _as_text(name: str, kind: pl.DataType, layout: Layout) -> pl.Expr:
    if kind.is_nested() or kind == pl.Binary:
        return pl.lit("")
    value = pl.col(name)
    if isinstance(kind, pl.Datetime) and kind.time_zone and layout.zone:
        value = value.dt.convert_time_zone(layout.zone).dt.date()
    text = value.cast(pl.String)
    if kind.is_numeric() and layout.styles[0] is Style.COMMA:
        text = text.str.replace(".", ",", literal=True)
    return text.fill_null("")


@contextlib.contextmanager
def _as_refusal(path: Path) -> Iterator[None]:
    try:
        yield
    except (pl.exceptions.PolarsError, OSError) as error:
        reason = str(error).splitlines()[0]
        raise UnreadableExport(path, None, f"is not a readable Parquet file ({reason})", "write it again") from error


def _folded(names: dict[str, str]) -> dict[str, str]:
    return {text.strip().casefold(): name for text, name in names.items()}
