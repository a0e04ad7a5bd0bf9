"""The lake: daily facts as they were reported, every version kept, read as of any moment."""

import asyncio
import contextlib
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import polars as pl
from polars.datatypes import DataType, DataTypeClass

from storage.facts_once import counted_once, within
from storage.records.facts import Load

_COLUMNS: dict[str, DataType | DataTypeClass] = {
    "source": pl.String,  # who said it: sandbox, google_ads, meta, a declared name
    "simulated": pl.Boolean,
    "account": pl.String,
    "channel": pl.String,  # email, paid_search, paid_social, website, …; "store" for the shop's orders
    "campaign_id": pl.String,  # the platform's id, else the name
    "campaign": pl.String,  # untrusted text
    "grain": pl.String,  # campaign, ad_group, ad, keyword, search_term, store: coarsest wins, never both
    "breakdown": pl.String,  # canonical JSON of what else tells rows apart, "" if nothing
    "day": pl.Date,  # first day the row covers, in the source's zone
    "last_day": pl.Date,  # = day for daily rows, later for a row that covers a period
    "currency": pl.String,
    "spend_micros": pl.Int64,
    "budget_micros": pl.Int64,  # the daily budget in force: what was planned to be spent
    "impressions": pl.Int64,
    "clicks": pl.Int64,
    "conversions_milli": pl.Int64,  # thousandths: platforms report fractions
    "leads_milli": pl.Int64,
    "revenue_micros": pl.Int64,  # attributed conversion value, as the platform reports it
    "orders": pl.Int64,  # the shop's own count (channel "store")
    "store_revenue_micros": pl.Int64,  # the shop's own revenue, never summed with attributed value
    "flags": pl.String,  # canonical JSON {column: "missing" | "<10%" …}, "" if none
    "line": pl.Int64,  # line in the file, 0 where there is none
    "load_id": pl.String,
    "known_at": pl.Datetime("us", "UTC"),
}
FACTS = pl.Schema(_COLUMNS)
"""One row a campaign (or finer) and day. Counts and money are integers; null means the source did not say."""

REPORTED = pl.Schema({name: kind for name, kind in FACTS.items() if name not in ("load_id", "known_at")})
"""What a source hands in: FACTS without the two columns that the lake adds itself."""

_NEVER_NULL = (
    "source",
    "simulated",
    "account",
    "channel",
    "campaign_id",
    "grain",
    "breakdown",
    "day",
    "last_day",
)
_MONEY = ("spend_micros", "budget_micros", "revenue_micros", "store_revenue_micros")
_KEEP_HISTORY = {
    # By default old versions become unreadable after 30 days; a decision cites them for as long as it exists.
    "delta.logRetentionDuration": "interval 36500 days",
    "delta.deletedFileRetentionDuration": "interval 36500 days",
}


class ContractBroken(ValueError):
    """Raised when a frame is not what FACTS promises; nothing of its load becomes readable."""

    def __init__(self, load_id: str, problems: Sequence[str]) -> None:
        super().__init__(f"load {load_id} does not fit the facts table: {'; '.join(problems)}")
        self.load_id = load_id
        self.problems = tuple(problems)


class Lake:
    """The facts table below a folder or an object-store URL.

    A load becomes readable only by being named in `read`: the caller keeps the list of committed loads in the
    database, so a crash between `append` and that registration leaves nothing that anyone can see.
    """

    def __init__(self, uri: str, *, storage_options: dict[str, str] | None = None, compact_above: int = 64) -> None:
        """`compact_above` so many files the small ones are merged; old versions stay readable."""
        self.uri = uri.rstrip("/")
        self._table = f"{self.uri}/facts"
        self._options = storage_options
        self._compact_above = compact_above
        self._writing = asyncio.Lock()

    @property
    def staging(self) -> Path:
        """A local folder for frames that are parsed but not yet appended; not part of the table."""
        return Path(tempfile.gettempdir() if "://" in self.uri else self.uri) / "staging"

    async def append(self, frames: Iterable[pl.DataFrame], load_id: str, known_at: datetime) -> int:
        """Add all frames as one commit and give the table's version that holds them.

        Frames have the columns of REPORTED and are pulled one at a time, so memory is bounded by the largest
        of them; the iterable must not use the lake itself. A load id that is in the table already changes
        nothing. `known_at` is aware.
        Raises ContractBroken, or what the iterable raises; in both cases nothing was added.
        """
        async with self._writing:
            return await asyncio.to_thread(self._append, frames, load_id, known_at.astimezone(UTC))

    async def read(
        self,
        loads: Sequence[Load],
        first: date,
        last: date,
        *,
        simulated: bool,
        where: Mapping[str, str | Sequence[str]] | None = None,
        columns: Sequence[str] | None = None,
        touching: bool = False,
        every_version: bool = False,
    ) -> pl.DataFrame:
        """Facts of these loads on the days first to last, inclusive, each thing counted once.

        `loads` are the committed ones that were known at the moment asked for, oldest first: where two say
        the same thing, the later one wins, unless `every_version` is asked for. Of several grains for the same
        source, account and day only the coarsest is given. A row that covers a period is given if the whole
        period lies in the window and no daily rows tell of the same campaign inside it; with `touching`, rows
        of periods that reach out of the window are given too, for the caller to name: they must not be summed.
        `where` compares columns of FACTS with a value or several.
        """
        return await asyncio.to_thread(
            self._read, loads, (first, last), simulated, where or {}, columns, touching, every_version
        )

    async def version(self) -> int | None:
        """The newest version of the table, None while there is none."""
        table = await asyncio.to_thread(self._open)
        return None if table is None else int(table.version())

    async def holds(self, load_id: str) -> bool:
        """Whether the table has the rows of this load, registered or not."""
        table = await asyncio.to_thread(self._open)
        return table is not None and _has(table, load_id)

    def _append(self, frames: Iterable[pl.DataFrame], load_id: str, known_at: datetime) -> int:
        from arro3.core import RecordBatchReader, Table
        from deltalake import CommitProperties, Transaction, write_deltalake
        from deltalake.exceptions import CommitFailedError

        table = self._open() or self._create()
        if _has(table, load_id):
            return _version_of(table, load_id)
        checked = _Checked(frames, load_id, known_at)
        schema = Table.from_arrow(FACTS.to_frame()).schema
        try:
            write_deltalake(
                table,
                RecordBatchReader.from_batches(schema, checked.batches()),
                mode="append",
                # One file a load where possible: files are pruned by day, and small ones are merged later.
                commit_properties=CommitProperties(
                    app_transactions=[Transaction(load_id, 1)], custom_metadata={"load_id": load_id}
                ),
            )
        except CommitFailedError:
            table = self._open()
            if table is None or not _has(table, load_id):
                raise
        except Exception:
            # The engine wraps what the iterable raised in an error of its own: the cause is the real message.
            if checked.error is not None:
                raise checked.error from None
            raise
        fresh = self._open()
        version = _version_of(fresh, load_id)
        self._compact(fresh)
        return version

    def _compact(self, table: Any) -> None:
        from deltalake.exceptions import CommitFailedError

        if len(table.file_uris()) > self._compact_above:
            # Another writer may come between; the next append tries again.
            with contextlib.suppress(CommitFailedError):
                table.optimize.compact()

    def _open(self) -> Any:
        from deltalake import DeltaTable
        from deltalake.exceptions import TableNotFoundError

        try:
            return DeltaTable(self._table, storage_options=self._options)
        except TableNotFoundError:
            return None

    def _create(self) -> Any:
        from arro3.core import Table
        from deltalake import DeltaTable

        return DeltaTable.create(
            self._table,
            Table.from_arrow(FACTS.to_frame()).schema,
            mode="ignore",
            configuration=_KEEP_HISTORY,
            storage_options=self._options,
        )

    def _scan(self, loads: Sequence[Load], first: date, last: date, simulated: bool) -> pl.LazyFrame | None:
        table = self._open()
        if table is None or not loads:
            return None
        return self._files(table).filter(
            pl.col("day") <= last,
            pl.col("last_day") >= first,
            pl.col("simulated") == simulated,
            pl.col("load_id").is_in([load.id for load in loads]),
        )

    def _files(self, table: Any) -> pl.LazyFrame:
        """The table's rows. Local files are named to polars as they are on disk: it would take "%20" literally."""
        if "://" in self.uri:
            return pl.scan_delta(table)
        paths = [unquote(uri.removeprefix("file://")) for uri in table.file_uris()]
        return pl.scan_parquet(paths, schema=FACTS, glob=False) if paths else FACTS.to_frame().lazy()

    def _read(
        self,
        loads: Sequence[Load],
        window: tuple[date, date],
        simulated: bool,
        where: Mapping[str, str | Sequence[str]],
        columns: Sequence[str] | None,
        touching: bool,
        every_version: bool,
    ) -> pl.DataFrame:
        wanted = list(columns or FACTS.names())
        if unknown := sorted({*wanted, *where} - set(FACTS.names())):
            raise KeyError(f"facts have no column {', '.join(unknown)}; there are {', '.join(FACTS.names())}")
        scan = self._scan(loads, *window, simulated)
        if scan is None:
            return FACTS.to_frame().select(wanted)
        ids, needed = [load.id for load in loads], {*wanted, *where}
        rows = counted_once(scan.filter(within(*window)), ids, needed, every_version=every_version)
        if touching:
            outside = counted_once(scan.filter(~within(*window)), ids, needed, every_version=every_version)
            rows = pl.concat([rows, outside])
        for column, value in where.items():
            rows = rows.filter(pl.col(column).is_in([value] if isinstance(value, str) else list(value)))
        return rows.select(wanted)


class _Checked:
    """Frames on their way into the table, held against the contract: the engine would cast in silence."""

    def __init__(self, frames: Iterable[pl.DataFrame], load_id: str, known_at: datetime) -> None:
        self._frames = frames
        self._load_id = load_id
        self._known_at = known_at
        self.error: Exception | None = None

    def batches(self) -> Iterator[Any]:
        from arro3.core import Table

        try:
            for frame in self._frames:
                self._check(frame)
                yield from Table.from_arrow(self._complete(frame)).to_batches()
        except Exception as error:
            self.error = error
            raise

    def _check(self, frame: pl.DataFrame) -> None:
        if problems := _problems(frame):
            raise ContractBroken(self._load_id, problems)

    def _complete(self, frame: pl.DataFrame) -> pl.DataFrame:
        kinds = FACTS.items()
        return frame.with_columns(
            load_id=pl.lit(self._load_id), known_at=pl.lit(self._known_at).cast(FACTS["known_at"])
        ).select(pl.col(name).cast(kind) if frame.schema.get(name) == pl.Null else name for name, kind in kinds)


def _problems(frame: pl.DataFrame) -> list[str]:
    problems = [f"column {name} is missing" for name in REPORTED if name not in frame.schema]
    problems += [f"column {name} is unknown" for name in frame.schema if name not in REPORTED]
    problems += [
        f"{name} is {frame.schema[name]}, not {kind}"
        for name, kind in REPORTED.items()
        if name in frame.schema and frame.schema[name] not in (kind, pl.Null)
    ]
    if problems or frame.is_empty():
        return problems
    money_alone = pl.any_horizontal(pl.col(name).is_not_null() for name in _MONEY) & (
        pl.col("currency").is_null() | ~pl.col("currency").cast(pl.String).str.contains(r"^[A-Z]{3}$")
    )
    checks = frame.select(
        *(pl.col(name).null_count().alias(f"{name} is empty") for name in _NEVER_NULL),
        (pl.col("last_day") < pl.col("day")).sum().alias("last_day lies before day"),
        money_alone.sum().alias("an amount has no currency"),
    ).row(0, named=True)
    return [f"{problem} in {count} rows" for problem, count in checks.items() if count]


def _has(table: Any, load_id: str) -> bool:
    return table.transaction_version(load_id) is not None


def _version_of(table: Any, load_id: str) -> int:
    for commit in table.history():
        if commit.get("load_id") == load_id:
            return int(commit["version"])
    return int(table.version())
