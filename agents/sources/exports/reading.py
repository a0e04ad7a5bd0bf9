"""One file on its way in: recognised, then read in the notation and the order of dates that it is written in."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import polars as pl

from agents.sources.entities import recognise as entities
from agents.sources.entities.mapping import read_entity_mapping
from agents.sources.entities.recognised import Recognised
from agents.sources.exports import plain, platforms
from agents.sources.exports.aside import corrected
from agents.sources.exports.frames import Block, FactsReader
from agents.sources.exports.layout import Layout
from agents.sources.exports.report import ExportReport, Tally, report_of
from agents.sources.exports.staged import FACTS, Pieces
from agents.sources.text import mapping
from agents.sources.text.cells import Style
from agents.sources.text.days import Order, OrderEvidence, UndecidedOrder
from agents.sources.text.declared import Declared
from agents.sources.text.rows import LINE, blocks
from agents.sources.text.setting_aside import SettingAside
from agents.sources.text.sniff import Hash, Progress, Raw, examine, hashed, is_parquet, no_header
from agents.sources.text.unreadable import UnreadableExport, UnreadableNumber
from storage.lake.frames import ahead
from storage.records.record import digest_of

Corrections = Mapping[int, Mapping[str, str]]
"""Line of the file: header: what stands there instead."""
Blocks = Callable[[Progress | None], Iterator[pl.DataFrame]]


@dataclass(frozen=True)
class AdFile:
    """A file of ad metrics whose layout is known, not yet read."""

    layout: Layout
    source: Blocks
    sha256: Hash
    mapping_digest: str = ""


@dataclass
class Reading:
    """One file: opened once, passed over as often as its notation needs."""

    path: Path
    mapping_file: Path | None
    declared: Declared
    progress: Progress | None
    again: Corrections | None = None
    """Only these lines, as corrected: they were set aside before."""
    _furthest: UnreadableNumber | None = field(default=None, init=False)

    def into(self, pieces: Pieces) -> ExportReport:
        """Read the file whole. Raises UnreadableExport; what `pieces` got until then is worth nothing."""
        opened = self._open()
        return self._metrics(opened, pieces) if isinstance(opened, AdFile) else self._entities(opened, pieces)

    def _entities(self, file: Recognised, pieces: Pieces) -> ExportReport:
        setting_aside = SettingAside(self.path, pieces.set_aside)
        tally = file.read(pieces.take, setting_aside, self.progress)
        setting_aside.done(tally.rows_read, sum(tally.rows_by_dataset.values()))
        said = self.declared
        fingerprint = digest_of([tally.content_sha256, tally.layout, *tally.how, said.account])
        return report_of(self.path, tally, fingerprint, today=said.today)

    def _metrics(self, file: AdFile, pieces: Pieces) -> ExportReport:
        order = file.layout.order
        for style in file.layout.styles:
            try:
                try:
                    return self._pass(file, style, order, pieces)
                except UndecidedOrder:
                    order = self._decide(file)
                    return self._pass(file, style, order, pieces)
            except UnreadableNumber as error:
                self._remember(error)
        assert self._furthest is not None, "a layout has at least one notation"
        raise self._furthest

    def _pass(self, file: AdFile, style: Style, order: Order | None, pieces: Pieces) -> ExportReport:
        pieces.begin(partial(self._fingerprint, file))
        reader = FactsReader(file.layout, style, order, today=self.declared.today)
        tally = Tally(file.layout)
        setting_aside = SettingAside(self.path, pieces.set_aside)
        # Three at a time: a block is cut from the file, the one before it read, the one before that put away.
        for block, found in ahead(self._found(file, reader)):
            tally.see(block, found)
            for row, remedy in found.aside:
                setting_aside(row, remedy)
            if self.again is None:
                setting_aside.going_on(tally.read)
            if found.facts.height:
                pieces.take(FACTS, found.facts)
        if self.again is None:
            setting_aside.done(tally.read, tally.kept)
        if not tally.kept and self.again is None:
            remedy = "choose a period with data and export again"
            raise UnreadableExport(self.path, None, "the file has a header but no rows of data", remedy)
        return tally.report(file.sha256(), self._fingerprint(file), set_aside=setting_aside.count)

    def _found(self, file: AdFile, reader: FactsReader) -> Iterator[tuple[pl.DataFrame, Block]]:
        for texts in ahead(file.source(self.progress)):
            if self.again is None:
                yield texts, reader.read(texts)
            else:
                block = corrected(texts, file.layout.header, self.again)
                mine = pl.col(LINE).is_in(list(self.again))
                yield block.filter(mine), reader.read(block).only(self.again)

    def _remember(self, error: UnreadableNumber) -> None:
        # The notation that went further is the one the file is written in; its complaint is the true one.
        if self._furthest is None or (error.line or 0) > (self._furthest.line or 0):
            self._furthest = error

    def _decide(self, file: AdFile) -> Order:
        layout = file.layout
        evidence = OrderEvidence(self.declared.today, layout.bounds)
        places = [place for place in (layout.day, layout.last_day) if place]
        for block in file.source(None):
            for place in places:
                evidence.see(block[place].unique())
            if len(places) == 2:
                evidence.see_ranges((first, last) for first, last in block.select(places).unique().rows())
            if evidence.decided:
                break
        if not evidence.decided and layout.usual_order:
            return layout.usual_order
        if evidence.matters and not evidence.decided:
            problem = "every date in the file could be day/month or month/day"
            raise UnreadableExport(self.path, None, problem, "say which it is with --dates dmy or --dates mdy")
        return min(evidence.possible, default=Order.DMY)

    def _open(self) -> AdFile | Recognised:
        chosen = self.mapping_file or mapping.beside(self.path)
        if chosen is None and (other := entities.recognise_path(self.path, self.declared)):
            return other
        entity = read_entity_mapping(chosen) if chosen else None
        if entity is not None:
            return entities.recognise_mapped(examine(self.path, self.progress), entity, self.declared)
        declared = mapping.read_mapping(chosen) if chosen else None
        if is_parquet(self.path):
            return self._open_parquet(declared)
        raw = examine(self.path, self.progress)
        if declared is None:
            return self._recognised(raw)
        table = plain.find_table(raw, declared)
        layout = plain.layout(self.path, table.header, table.header_line, declared, self.declared)
        return AdFile(layout, partial(blocks, table), raw.sha256, declared.digest)

    def _recognised(self, raw: Raw) -> AdFile | Recognised:
        other = entities.recognise(raw, self.declared)
        ads = platforms.recognise(raw, self.declared, beat=other[0] if other else 0)
        if ads:
            return AdFile(ads[1], partial(blocks, ads[0]), raw.sha256)
        if other:
            return other[1]
        raise no_header(
            raw,
            "export it from one of the known tools as CSV with its column headers, or declare the columns "
            f"in {raw.path.name}{mapping.SUFFIX} or with --mapping FILE",
        )

    def _open_parquet(self, declared: mapping.Mapping | None) -> AdFile:
        if declared is None:
            problem = "a Parquet file does not say what its columns mean"
            remedy = f"declare them in {self.path.name}{mapping.SUFFIX} or with --mapping FILE"
            raise UnreadableExport(self.path, None, problem, remedy)
        layout = plain.layout(self.path, plain.parquet_header(self.path), None, declared, self.declared)
        source = partial(plain.parquet_blocks, self.path, layout)
        return AdFile(layout, source, hashed(self.path), declared.digest)

    def _fingerprint(self, file: AdFile) -> str:
        said = self.declared
        period = [str(day) for day in said.period or ()]
        known = [file.sha256(), file.layout.name, file.mapping_digest]
        return digest_of([*known, str(said.dates), said.currency, said.account, period])
