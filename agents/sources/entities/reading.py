"""One file of business objects on its way in: looked over once, then read; what could not be is fetched as it stood.

Nothing is kept of a file but typed rows, and of those only as many as belong together: an order with its lines, a
ticket with its history. Layouts that need no such thing are read block by block.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, time
from pathlib import Path

import polars as pl

from agents.sources.entities.again import Blocks, Corrections, corrected, only
from agents.sources.entities.blocks import REASON, BlockReader, needs_currency
from agents.sources.entities.emitting import Emitter
from agents.sources.entities.kinds import Kind
from agents.sources.entities.layout import Places, Shaping
from agents.sources.entities.notation import Survey
from agents.sources.entities.recognised import EntityTally, SetAside, Take
from agents.sources.text.cells import Style
from agents.sources.text.declared import Declared
from agents.sources.text.rows import LINE, column
from agents.sources.text.setting_aside import SettingAside
from agents.sources.text.sniff import Hash, Progress
from agents.sources.text.unreadable import UnreadableExport
from storage.records.quarantine import Quarantined


@dataclass(frozen=True)
class EntityFile:
    """A file whose layout is known and whose rows come as blocks of text."""

    path: Path
    places: Places
    source_blocks: Blocks
    declared: Declared
    sha256: Hash
    semicolons: bool = False
    """Whether semicolons part the cells: then a decimal comma is likelier."""
    decimal: Style | None = None
    account: str = ""
    """As the file says it; what the person says goes before."""
    simulated: bool = False
    how: tuple[str, ...] = ()
    """What besides layout and declarations decides the meaning: the digest of a mapping."""
    notes: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return self.places.layout.name

    @property
    def source(self) -> str:
        return self.places.layout.source

    @property
    def datasets(self) -> tuple[str, ...]:
        return self.places.layout.datasets

    def read(
        self, take: Take, set_aside: SetAside, progress: Progress | None = None, *, again: Corrections | None = None
    ) -> EntityTally:
        """Hand over all rows; with `again`, only those lines as corrected and what belongs to them.

        Raises UnreadableExport; then nothing that was handed over may be used.
        """
        if again is None:
            return _Reading(self, self.source_blocks, take, set_aside, progress).run(self.source_blocks)
        whole = corrected(self.source_blocks, self.places.header, again)
        group = self.places.layout.group
        some = only(whole, again, column(self.places.at[group]) if group else None)
        # The notation is the whole file's as it was read before: a few rows may not tell it.
        return _Reading(self, some, take, set_aside, progress, few=True).run(self.source_blocks)


@dataclass
class _Reading:
    file: EntityFile
    source: Blocks
    take: Take
    set_aside: SetAside
    progress: Progress | None
    few: bool = False
    """Whether these are rows that were set aside before, of which any number may be set aside again."""
    rows_read: int = 0
    bad: dict[int, tuple[str, str]] = field(default_factory=dict)
    """Line → dataset and reason."""
    notes: dict[str, None] = field(default_factory=dict)

    def run(self, whole: Blocks) -> EntityTally:
        """Read the rows of `source` in the notation of the `whole` file."""
        file, layout = self.file, self.file.places.layout
        survey = self._survey(whole)
        notation = survey.notation()
        reader = BlockReader(file.places, notation, file.declared.currency)
        today = file.declared.today
        now = datetime.combine(today, time(23, 59), UTC) if today else None
        emitter = Emitter(layout, file.declared.account or file.account, file.simulated, now, self.take, self._refuse)
        self._rows(reader, emitter)
        self._check(emitter)
        self._hand_over_bad(emitter)
        self._note(reader, naive=survey.naive, zone=notation.zone)
        return EntityTally(
            layout=layout.name,
            source=layout.source,
            datasets=layout.datasets,
            rows_read=self.rows_read,
            rows_by_dataset={name: emitter.rows[name] for name in layout.datasets},
            rows_quarantined=len(self.bad),
            rows_dropped=emitter.dropped(),
            columns=survey.columns(),
            personal=self._personal(),
            content_sha256=file.sha256(),
            how=(*file.how, str(notation.order), notation.style, notation.zone, file.declared.currency or ""),
            account=emitter.account,
            simulated=file.simulated,
            # Also where every moment says its offset: days are counted in the zone that was declared.
            zone=notation.zone if survey.naive or notation.zone != "UTC" else None,
            dates=notation.order,
            decimal="," if notation.style is Style.COMMA else ".",
            first_day=emitter.first_day,
            last_day=emitter.last_day,
            days=emitter.days,
            amounts=emitter.amounts(),
            campaigns=emitter.campaigns,
            notes=(*file.notes, *layout.notes, *self.notes),
        )

    def _survey(self, whole: Blocks) -> Survey:
        file = self.file
        survey = Survey(file.path, file.places, file.declared, semicolons=file.semicolons, decimal=file.decimal)
        for block in whole(None):
            survey.see(block)
        return survey

    def _rows(self, reader: BlockReader, emitter: Emitter) -> None:
        layout = self.file.places.layout
        shaping = Shaping(
            path=self.file.path,
            account=emitter.account,
            has=frozenset(self.file.places.at),
            drop=emitter.drop,
            refuse=self._refuse,
            note=self._say,
        )
        waiting: list[pl.DataFrame] = []
        for block in self.source(self.progress):
            rows, bad = reader.read(self._without_empty(block, emitter))
            self.rows_read += block.height
            self._refuse(layout.datasets[0], bad)
            if layout.folds:
                waiting.append(rows)
            else:
                emitter.emit(layout.shape(rows, shaping))
        if layout.folds and waiting:
            rows = pl.concat(waiting)
            waiting.clear()
            emitter.emit(layout.shape(self._without_siblings(rows), shaping))

    def _without_empty(self, block: pl.DataFrame, emitter: Emitter) -> pl.DataFrame:
        places = [column(position) for position in self.file.places.at.values()]
        empty = block.select(pl.all_horizontal(pl.col(name).str.strip_chars() == "" for name in places).alias("e"))["e"]
        if not empty.any():
            return block
        emitter.drop(block.filter(empty).select(LINE, pl.lit("empty row").alias(REASON)))
        return block.filter(~empty)

    def _without_siblings(self, rows: pl.DataFrame) -> pl.DataFrame:
        """The rows but those that belong to one that could not be read: half an order is worse than none."""
        group = self.file.places.layout.group
        if not group or not self.bad:
            return rows
        keys = self._keys_of_bad(group)
        torn = rows.filter(pl.col(group).is_in(list(keys)))
        reasons = [f"belongs to line {keys[key]}, which cannot be read" for key in torn[group]]
        self._refuse(
            self.file.places.layout.datasets[0],
            pl.DataFrame({LINE: torn[LINE], REASON: reasons}, schema={LINE: pl.Int64, REASON: pl.String}),
        )
        return rows.filter(~pl.col(group).is_in(list(keys)) | pl.col(group).is_null())

    def _keys_of_bad(self, group: str) -> dict[str, int]:
        place = column(self.file.places.at[group])
        keys: dict[str, int] = {}
        for block in self.source(None):
            for line, text in block.filter(pl.col(LINE).is_in(list(self.bad))).select(LINE, place).rows():
                keys.setdefault(text.strip(), line)
        keys.pop("", None)
        return keys

    def _refuse(self, dataset: str, rows: pl.DataFrame) -> None:
        for line, reason in rows.select(LINE, REASON).rows():
            known = self.bad.get(line)
            if known is None:
                self.bad[line] = (dataset, reason)
            elif reason not in known[1]:
                self.bad[line] = (known[0], f"{known[1]}; {reason}")

    def _check(self, emitter: Emitter) -> None:
        file = self.file
        if self.few:
            return
        if not self.rows_read:
            remedy = "choose a period with data and export again"
            raise UnreadableExport(file.path, None, "the file has a header but no rows of data", remedy)
        missing = any(needs_currency(name) for name in file.datasets) and not emitter.kept
        if missing and any("currency is missing" in reason for _, reason in self.bad.values()):
            problem = "the file names no currency for its amounts"
            raise UnreadableExport(file.path, None, problem, "say a code such as --currency EUR")

    def _hand_over_bad(self, emitter: Emitter) -> None:
        """Every bad row as it stood in the file: only the cells that are read, so that no more is kept than needed."""
        setting = SettingAside(self.file.path, self.set_aside)
        cells = dict(self._cells()) if self.bad else {}
        for line in sorted(self.bad):
            dataset, reason = self.bad[line]
            texts = cells.get(line, {})
            personal = tuple(name for name in self._personal() if name in texts)
            setting(Quarantined(dataset=dataset, line=line, reason=reason, cells=texts, personal=personal))
        if not self.few:
            setting.done(self.rows_read, emitter.kept)

    def _cells(self) -> Iterator[tuple[int, dict[str, str]]]:
        places = self.file.places
        read = {places.header[position]: column(position) for position in sorted(places.at.values())}
        for block in self.source(None):
            found = block.filter(pl.col(LINE).is_in(list(self.bad)))
            for row in found.iter_rows(named=True):
                yield row[LINE], {header: row[place] for header, place in read.items()}

    def _personal(self) -> tuple[str, ...]:
        places = self.file.places
        layout = places.layout
        read = [one for one in layout.fields if one.name in places.at]
        harmless = {places.at[one.name] for one in read if not layout.is_personal(one)}
        harmless -= {places.at[one.name] for one in read if layout.is_personal(one)}
        return tuple(dict.fromkeys(text for position, text in enumerate(places.header) if position not in harmless))

    def _say(self, note: str) -> None:
        self.notes[note] = None

    def _note(self, reader: BlockReader, *, naive: bool, zone: str) -> None:
        layout = self.file.places.layout
        if naive and any(one.kind is Kind.MOMENT and one.name in self.file.places.at for one in layout.fields):
            self._say(f"times without an offset are read as {zone}")
        if reader.priceless:
            self._say("amounts without a currency are left out: say --currency to keep them")
        if reader.empty_cells:
            self._say(f"{reader.empty_cells} cells of minor columns could not be read and count as empty")
