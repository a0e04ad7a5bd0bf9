"""`countersign ingest`: every file is read whole before the first one lands."""

import asyncio
import sys
from contextlib import ExitStack
from decimal import Decimal
from pathlib import Path
from typing import Any

from agents.lifecycle.observe import Landed, Said
from agents.sources.exports.export import StagedExport
from agents.sources.exports.report import ExportReport
from bot.commands.shell import say
from bot.office import Office
from bot.settings import Settings
from bot.wiring import open_office

_SHOWN_DROPS = 5


async def ingest(
    *,
    paths: list[Path],
    home: Path,
    mapping: Path | None,
    dates: str | None,
    currency: str | None,
    account: str,
    json: bool,
) -> None:
    """Raises UnreadableExport, and then nothing of any of the files has landed."""
    said = Said(mapping=mapping, dates=dates, currency=currency, account=account)
    async with open_office(Settings(home=home), make=True) as office:
        with ExitStack() as stack:
            staged = [stack.enter_context(await _staged(office, path, said)) for path in paths]
            landed = [await office.files.land(one) for one in staged]
    document = {"files": [_document(one) for one in landed]}
    say(document, as_json=json, text="\n".join(_text(one) for one in landed))


async def _staged(office: Office, path: Path, said: Said) -> StagedExport:
    """Read one file off the event loop, with a progress bar where someone watches."""
    if not sys.stderr.isatty():
        return await asyncio.to_thread(office.files.stage, path, said)
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(path.name, total=None)
        return await asyncio.to_thread(
            office.files.stage,
            path,
            said,
            progress=lambda done, total: bar.update(task, completed=done, total=total),
        )


def _document(landed: Landed) -> dict[str, Any]:
    report = landed.report
    return {
        "path": report.path,
        "layout": report.layout,
        "campaigns": report.campaigns,
        "days": report.days,
        "spend": report.spend,
        "rows_read": report.rows_read,
        "rows_dropped": [{"line": one.line, "reason": one.reason} for one in report.rows_dropped],
        "total_row_difference": report.total_row_difference,
        "first_day": report.first_day,
        "last_day": report.last_day,
        "source": report.source,
        "load": landed.load_id,
        "new": landed.new,
        "notes": list(report.notes),
    }


def _text(landed: Landed) -> str:
    report = landed.report
    spent = ", ".join(f"{currency} {amount:,}" for currency, amount in report.spend.items()) or "nothing"
    head = f"{report.path}: {report.campaigns} campaigns, {report.days} days, {spent} spent"
    lines = [head if landed.new else f"{head} (already loaded: nothing changed)"]
    lines.append(
        f"  {report.layout}; {report.first_day} to {report.last_day}; {report.rows_read} rows read, "
        f"{len(report.rows_dropped)} dropped"
    )
    lines += [f"  line {one.line}: {one.reason}" for one in report.rows_dropped[:_SHOWN_DROPS]]
    if len(report.rows_dropped) > _SHOWN_DROPS:
        lines.append(f"  … and {len(report.rows_dropped) - _SHOWN_DROPS} more; --json lists all")
    lines += [f"  {line}" for line in _difference(report)]
    return "\n".join([*lines, *(f"  note: {note}" for note in report.notes)])


def _difference(report: ExportReport) -> list[str]:
    if report.total_row_difference is None:
        return []
    off = {name: value for name, value in report.total_row_difference.items() if value != Decimal(0)}
    if not off:
        return ["equal to the file's own total row"]
    return [f"differs from the file's own total row: {', '.join(f'{name} {value:+,}' for name, value in off.items())}"]
