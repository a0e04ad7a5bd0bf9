"""`countersign ingest`: every file is read whole before the first one lands."""

import asyncio
import sys
import time
from contextlib import ExitStack
from decimal import Decimal
from pathlib import Path
from typing import Any

from agents.lifecycle.intake.doubt import proposal_for
from agents.lifecycle.intake.hold import Said
from agents.lifecycle.intake.land import Landed
from agents.sources.entities.proposal import ProposedMapping
from agents.sources.exports.export import StagedExport
from agents.sources.exports.report import ExportReport
from agents.sources.text.unreadable import UnknownExport
from bot.commands.shell import NEGATIVE, BadInput, say
from bot.office import Office
from bot.opening import open_office
from bot.settings import Settings

_SHOWN_DROPS = 5


async def ingest(
    *,
    paths: list[Path],
    home: Path,
    mapping: Path | None,
    dates: str | None,
    currency: str | None,
    account: str,
    accept_schema: bool,
    json: bool,
) -> int | None:
    """Raises UnreadableExport, and then nothing of any of the files has landed."""
    said = Said(mapping=mapping, dates=dates, currency=currency, account=account, accept_schema=accept_schema)
    async with open_office(Settings(home=home), make=True) as office:
        with ExitStack() as stack:
            staged = [(path, stack.enter_context(await _staged(office, path, said))) for path in paths]
            landed = [await office.landing.land_staged(one, path, None, via="cli", said=said) for path, one in staged]
    document = {"files": [_document(one, path) for one, path in zip(landed, paths, strict=True)]}
    say(document, as_json=json, text="\n".join(_text(one, path) for one, path in zip(landed, paths, strict=True)))
    return NEGATIVE if any(one.question for one in landed) else None


def propose(*, path: Path) -> None:
    """Print a mapping for a file that nobody knows, as YAML; doubts stand in it as comments."""
    proposal = proposal_for(path)
    if not isinstance(proposal, ProposedMapping):
        raise BadInput(f"{path}: its columns do not say enough for a mapping: {proposal}")
    doubts = "".join(f"# {doubt}\n" for doubt in proposal.doubts)
    sys.stdout.write(f"# proposed for {path.name}; look through it, then: --mapping FILE\n{doubts}{proposal.text}")


async def _staged(office: Office, path: Path, said: Said) -> StagedExport:
    """Read one file off the event loop, with a progress bar where someone watches."""
    try:
        if not sys.stderr.isatty():
            return await asyncio.to_thread(office.landing.stage, path, said)
        return await _watched(office, path, said)
    except UnknownExport as error:
        proposal = await asyncio.to_thread(proposal_for, path)
        if isinstance(proposal, ProposedMapping):
            known = ", ".join(f"{one.header} ({one.field})" for one in proposal.guesses if one.field)
            way = f"countersign mapping propose {path} writes a mapping to look through; then --mapping FILE"
            raise BadInput(f"{path}: no known export. Recognised: {known}. {way}.") from error
        raise BadInput(f"{path}: no known export ({proposal}). Say what it means with --mapping FILE.") from error


async def _watched(office: Office, path: Path, said: Said) -> StagedExport:
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    console, started = Console(stderr=True), time.monotonic()
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(path.name, total=None)
        staged = await asyncio.to_thread(
            office.landing.stage,
            path,
            said,
            progress=lambda done, total: bar.update(task, completed=done, total=total),
        )
    seconds = max(time.monotonic() - started, 0.001)
    rows = staged.report.rows_read
    console.print(f"{path.name}: {rows:,} rows read in {seconds:.1f} s, {rows / seconds:,.0f} rows/s", highlight=False)
    return staged


def _document(landed: Landed, path: Path) -> dict[str, Any]:
    report = landed.report
    assert report is not None, "a file that was staged has a report"
    return {
        "path": str(path),
        "layout": report.layout,
        "campaigns": report.campaigns,
        "days": report.days,
        "spend": report.spend,
        "amounts": report.amounts,
        "rows_read": report.rows_read,
        "rows_dropped": [{"line": one.line, "reason": one.reason} for one in report.rows_dropped],
        "rows_quarantined": report.rows_quarantined,
        "rows": report.rows_by_dataset,
        "total_row_difference": report.total_row_difference,
        "first_day": report.first_day,
        "last_day": report.last_day,
        "source": report.source,
        "load": landed.load_id,
        "new": landed.new,
        "question": None if landed.question is None else landed.question.id,
        "notes": list(report.notes),
    }


def _text(landed: Landed, path: Path) -> str:
    report = landed.report
    assert report is not None, "as above"
    lines = [f"{path}: {_what(report)}"]
    if landed.question is not None:
        question = landed.question
        lines.append(f"  stopped before it landed: {question.title}")
        lines += [f"  {line}" for line in question.lines[1:]]
        lines.append(f"  countersign answer {question.id} accept --as YOU lands it; or ingest it with --accept-schema")
        return "\n".join(lines)
    if not landed.new:
        lines[0] += " (already loaded: nothing changed)"
    dropped = f"{len(report.rows_dropped)} dropped"
    aside = f", {report.rows_quarantined} set aside" if report.rows_quarantined else ""
    days = f"{report.first_day} to {report.last_day}"
    lines.append(f"  {report.layout}; {days}; {report.rows_read} rows read, {dropped}{aside}")
    lines += [f"  line {one.line}: {one.reason}" for one in report.rows_dropped[:_SHOWN_DROPS]]
    if len(report.rows_dropped) > _SHOWN_DROPS:
        lines.append(f"  … and {len(report.rows_dropped) - _SHOWN_DROPS} more; --json lists all")
    if landed.quarantined:
        lines.append(f"  set aside with line and reason: countersign quarantine list --load {landed.load_id}")
    lines += [f"  {line}" for line in _difference(report)]
    return "\n".join([*lines, *(f"  note: {note}" for note in report.notes)])


def _what(report: ExportReport) -> str:
    """What is in the file, in one line."""
    if "facts" in report.rows_by_dataset or not report.rows_by_dataset:
        return f"{report.campaigns} campaigns, {report.days} days, {_money(report.spend)} spent"
    counted = [f"{rows:,} {name.replace('_', ' ')} rows" for name, rows in report.rows_by_dataset.items()]
    worth = [f"{name.replace('_', ' ')} worth {_money(sums)}" for name, sums in report.amounts.items() if sums]
    return ", ".join([*counted, *worth])


def _money(amounts: dict[str, Decimal]) -> str:
    return ", ".join(f"{currency} {amount:,}" for currency, amount in amounts.items()) or "nothing"


def _difference(report: ExportReport) -> list[str]:
    if report.total_row_difference is None:
        return []
    off = {name: value for name, value in report.total_row_difference.items() if value != Decimal(0)}
    if not off:
        return ["equal to the file's own total row"]
    return [f"differs from the file's own total row: {', '.join(f'{name} {value:+,}' for name, value in off.items())}"]
