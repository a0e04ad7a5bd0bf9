"""Doubt: what about a file only a person can decide, asked as a question: its columns changed, or nobody knows it.

The file is held meanwhile. The answer is taken with its effect in one transaction; landing what was held is work of
its own (`release`), begun by it.
"""

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from uuid import uuid4

from agents.kpis.figures import format_days
from agents.kpis.lacking import listed
from agents.lifecycle.intake.feed_changes import FeedChange, changes_since, kept_columns, lost_figures
from agents.lifecycle.intake.feed_variant import variant_of
from agents.lifecycle.intake.hold import HeldFile, Said, Shelf
from agents.lifecycle.intake.unpriced import left_out, priced
from agents.lifecycle.questions.ask import Asker, Inquiry
from agents.sources.entities.proposal import Guess, ProposedMapping, Refusal, propose
from agents.sources.exports.report import ExportReport
from agents.sources.text.columns import Column
from agents.sources.text.sniff import examine
from agents.sources.text.unreadable import UnreadableExport
from storage.contracts.columns import columns_of
from storage.contracts.entities import BY_DATASET
from storage.ledger import Ledger, Transaction
from storage.records.lineage import file_id
from storage.records.people import Person
from storage.records.questions import Option, Question, QuestionKind
from storage.records.record import digest_of

WORK = "land"
"""The kind of work that an answer begins."""
ACCEPT, REFUSE = "accept", "refuse"
_READ = Option(id=ACCEPT, label="Read it like this", style="primary")
_MOST_NAMED = 12
"""Changes and columns named on a card; beyond, they are counted."""


class Doubts:
    """Asks about files, holds them, and takes the answers."""

    def __init__(self, ledger: Ledger, asker: Asker, *, home: Path) -> None:
        self._ledger = ledger
        self._asker = asker
        self._mappings = home / "mappings"
        self.shelf = Shelf(home)

    async def changes(self, tx: Transaction, report: ExportReport) -> tuple[FeedChange, ...]:
        """What is different in the file's columns from those accepted last; nothing for the first file of a feed."""
        _, newest = await variant_of(tx, report.feed, report.columns)
        return () if newest is None else changes_since(newest, report.columns)

    async def ask_schema(self, path: Path, report: ExportReport, changes: Sequence[FeedChange], said: Said) -> Question:
        """Hold the file and ask whether its columns are right."""
        held = await asyncio.to_thread(self.shelf.put, path, report.content_sha256, said)
        async with self._ledger.write() as tx:
            feed, newest = await variant_of(tx, report.feed, report.columns)
            key, lost = _schema_key(report), lost_figures(newest, report.columns)
            files = _files(await tx.questions.open_of(key), held)
            return await self._asker.ask(tx, _schema_inquiry(key, feed, report, changes, files, lost))

    async def accepted(self, tx: Transaction, report: ExportReport, *, by: str) -> None:
        """The columns were accepted without an answer: the question is overtaken, and what is held lands."""
        key = _schema_key(report)
        question = await tx.questions.open_of(key)
        if question is None:
            return
        await self._asker.withdraw(tx, key, f"The columns were accepted meanwhile by {by.removeprefix('person:')}.")
        await tx.enqueue(WORK, f"{WORK}:{question.id}", {"question_id": question.id})

    async def ask_mapping(self, path: Path, said: Said) -> tuple[Question | None, str]:
        """Hold a file of which no layout is known and ask whether the proposed mapping is right.

        Where none can be proposed, no question but the reason, for people.
        """
        try:
            raw = await asyncio.to_thread(examine, path)
            proposal = await asyncio.to_thread(propose, raw)
            if isinstance(proposal, Refusal):
                return None, f"{path.name}: no known export, and its columns do not say enough: {proposal}."
            by_currency = await asyncio.to_thread(priced, raw, proposal, await self._currencies())
            sha256 = await asyncio.to_thread(raw.sha256)
        except UnreadableExport as error:
            return None, str(error).replace(str(error.path), path.name, 1)
        held = await asyncio.to_thread(self.shelf.put, path, sha256, said)
        async with self._ledger.write() as tx:
            key = f"mapping:{proposal.feed}"
            files = _files(await tx.questions.open_of(key), held)
            return await self._asker.ask(tx, _mapping_inquiry(key, proposal, files, by_currency)), ""

    async def _currencies(self) -> tuple[str, ...]:
        """Those in which money was spent so far, the most frequent first; what a file without one may be in."""
        async with self._ledger.read() as tx:
            known = Counter(code for load in await tx.loads.known(simulated=False) for code in load.spend)
        return tuple(code for code, _ in known.most_common())

    def mapping_for(self, path: Path) -> Path | None:
        """The mapping that a person confirmed for files with this header; blocks."""
        if not self._mappings.is_dir():
            return None
        try:
            proposal = proposal_for(path)
        except UnreadableExport:
            return None
        if isinstance(proposal, Refusal):
            return None
        kept = self._mapping(proposal.feed)
        return kept if kept.exists() else None

    def keep_mapping(self, feed: str, text: str) -> Path:
        """Keep a confirmed mapping for all later files with this header; blocks."""
        target = self._mapping(feed)
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_name(f".{uuid4().hex}.part")
        part.write_text(text, encoding="utf-8")
        part.replace(target)
        return target

    async def settle(self, tx: Transaction, question: Question, option: Option, person: Person) -> str:
        """Take the answer to a question of either kind; see `ask.Settle`."""
        files = held_in(question)
        await tx.enqueue(WORK, f"{WORK}:{question.id}", {"question_id": question.id})
        which = files[0].name if len(files) == 1 else f"{len(files)} files"
        if option.id == REFUSE:
            return f"Left out: {which}. Nothing of it landed."
        if question.kind is QuestionKind.SCHEMA:
            await self._accept(tx, question, person, now=question.answered_at)
        return f"Accepted; {which} is being read." if len(files) == 1 else f"Accepted; {which} are being read."

    async def _accept(self, tx: Transaction, question: Question, person: Person, *, now: datetime | None) -> None:
        assert now is not None, "an answered question says when"
        feed = str(question.subject["feed"])
        columns = [Column.model_validate(one) for one in question.subject["columns"]]
        newest = await tx.feeds.newest(feed)
        if newest is not None and not changes_since(newest, columns):
            return
        by = f"person:{person.id}"
        lost = lost_figures(newest, columns)
        accepted = await tx.feeds.accept(feed, kept_columns(newest, columns), by=by, now=now, lost=lost)
        await tx.audit.append(
            at=now,
            actor=by,
            action="feed.accepted",
            subject=f"feed:{feed}",
            facts={
                "version": accepted.version,
                "columns": [one.name for one in accepted.columns],
                "question": question.id,
                **({"lost": list(lost)} if lost else {}),
            },
        )

    def _mapping(self, feed: str) -> Path:
        return self._mappings / f"{feed.rsplit('/', 1)[-1]}.yml"


def proposal_for(path: Path) -> ProposedMapping | Refusal:
    """What the columns of a file may mean; blocks. Raises UnreadableExport for what is no text."""
    return propose(examine(path))


def accepts(question: Question) -> bool:
    """Whether the answer takes the files, in whatever currency."""
    return (question.answer or "").partition("-")[0] == ACCEPT


def mapping_said(question: Question) -> str:
    """The mapping that the answer chose."""
    code = (question.answer or "").partition("-")[2]
    return str(question.subject["priced"][code] if code else question.subject["text"])


def held_in(question: Question) -> tuple[HeldFile, ...]:
    """The files that wait for the answer."""
    return tuple(HeldFile.model_validate(one) for one in question.subject.get("held", ()))


def _files(standing: Question | None, held: HeldFile) -> tuple[HeldFile, ...]:
    before = held_in(standing) if standing else ()
    return (*(one for one in before if one.sha256 != held.sha256), held)


def _schema_key(report: ExportReport) -> str:
    columns = sorted((column.name, column.kind) for column in report.columns)
    return f"schema:{report.feed}:{digest_of(columns)[:12]}"


def _schema_inquiry(
    key: str,
    feed: str,
    report: ExportReport,
    changes: Sequence[FeedChange],
    files: Sequence[HeldFile],
    lost: Sequence[str],
) -> Inquiry:
    rows = [(change.before or "–", change.after or "–", change.kind.value) for change in changes[:_MOST_NAMED]]
    more = len(changes) - len(rows)
    return Inquiry(
        key=key,
        kind=QuestionKind.SCHEMA,
        title=f"{files[-1].name}: the columns are not what they were",
        lines=(
            _waiting(files),
            *(f"{change.words[:1].upper()}{change.words[1:]}." for change in changes[:_MOST_NAMED]),
            *((f"And {more} more changes.",) if more > 0 else ()),
            _without(report, lost),
        ),
        table=(("Before", "Now", "Change"), *rows),
        options=(
            Option(
                id=ACCEPT,
                label=f"Take it without {listed(lost)}"[:75] if lost else "Take the new columns",
                style="" if lost else "primary",
                confirm=_without(report, lost) if lost else "",
            ),
            Option(id=REFUSE, label="Leave it out", style="danger", confirm="The file is let go and nothing lands."),
        ),
        if_nobody_answers="The file waits and nothing of it lands; what landed before stays as it is.",
        subject={
            "feed": feed,
            "columns": [column.model_dump(mode="json") for column in report.columns],
            "held": [one.model_dump(mode="json") for one in files],
        },
        about=tuple((file_id(one.sha256), one.name) for one in files),
        simulated=report.simulated,
    )


def _without(report: ExportReport, lost: Sequence[str]) -> str:
    """What is not known any more once these columns are taken."""
    if not lost:
        return "Nothing that was read before would be missing."
    days = format_days(report.first_day, report.last_day)
    return (
        f"No column of it is read as {listed(lost)}: taken as it is, {days} would have no {listed(lost)}, and every "
        "answer that needs them says so. To keep them, give the column its old name back and export again."
    )


def _mapping_inquiry(
    key: str, proposal: ProposedMapping, files: Sequence[HeldFile], by_currency: Mapping[str, str]
) -> Inquiry:
    amounts = left_out(proposal.text, by_currency)
    rows = [_guess_row(guess, proposal.dataset, amounts) for guess in proposal.guesses[:_MOST_NAMED]]
    more = len(proposal.guesses) - len(rows)
    what = "daily advertising figures" if proposal.dataset == "facts" else f"the dataset {proposal.dataset}"
    return Inquiry(
        key=key,
        kind=QuestionKind.MAPPING,
        title=f"{files[-1].name}: an unknown kind of file",
        lines=(
            _waiting(files),
            f"It could be read as {what}, with these columns.",
            *proposal.doubts,
            *(("Say the currency below, and they are read.",) if by_currency else ()),
            *((f"And {more} more columns.",) if more > 0 else ()),
        ),
        table=(("Column", "Read as", "Examples"), *rows),
        options=(
            *(
                Option(id=f"{ACCEPT}-{code}", label=f"Read it, amounts in {code}", style="" if place else "primary")
                for place, code in enumerate(by_currency)
            ),
            Option(id=ACCEPT, label="Read it without amounts") if by_currency else _READ,
            Option(id=REFUSE, label="Leave it out", style="danger", confirm="The file is let go and nothing lands."),
        ),
        if_nobody_answers="The file waits and nothing of it lands.",
        subject={
            "feed": proposal.feed,
            "text": proposal.text,
            "priced": dict(by_currency),
            "held": [one.model_dump(mode="json") for one in files],
        },
        about=tuple((file_id(one.sha256), one.name) for one in files),
    )


def _guess_row(guess: Guess, dataset: str, amounts: frozenset[str]) -> tuple[str, str, str]:
    field = f"{guess.field} (currency?)" if guess.field in amounts else guess.field or "left out"
    return guess.header, field, "  ·  ".join(_shown(guess, dataset)) or "empty"


def _shown(guess: Guess, dataset: str) -> list[str]:
    """Examples without what may be of a person: a card is read by more people than may see that."""
    personal = dataset in BY_DATASET and any(
        column.personal and column.name == guess.field for column in columns_of(BY_DATASET[dataset])
    )
    unknown = guess.field is None and dataset != "facts"
    return ["•••" if personal or unknown or "@" in sample else sample for sample in guess.samples]


def _waiting(files: Sequence[HeldFile]) -> str:
    names = ", ".join(one.name for one in files[:3])
    if len(files) == 1:
        return f"{names} waits for this."
    more = f" and {len(files) - 3} more" if len(files) > 3 else ""
    return f"{names}{more} wait for this."
