"""`bench ask`: questions in a real local workspace over a lake of many fact rows, each with its picture.

Measured for every question: until Slack's side has the acknowledgement of `/kpi`, until the answer stands in the thread
of a mention, and until its chart does. The baseline is polars alone on the same table: one sum over the same days, with
no versions, no source, no comparison, no Slack.
"""

import asyncio
import tempfile
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import aiohttp

from bot.commands.bench_ingest import write_report
from bot.commands.shell import say
from bot.commands.up import connected, local_workspace
from bot.office import Office
from bot.opening import open_office
from bot.settings import Settings
from bot.slack import charts
from bot.staff import DEMO
from bot.worker import working
from bot.workspace.server import Workspace

CHANNEL = "C00MARKETING"
TARGETS_MS = {"ack": 300, "chart": 2000}
_BOT_TOKEN, _APP_TOKEN = "xoxb-bench", "xapp-bench"
_PATIENCE_S = 120.0
QUESTIONS = (
    "how is ROAS this week?",
    "spend by campaign last month",
    "top 5 campaigns by CPA last 30 days",
    "CTR by day last month",
    "clicks last 90 days vs same period last year",
    "campaigns with spend above 500 last week",
    "why did CPC change last week?",
    "forecast spend next week",
    "which campaigns are off target?",
    "Ausgaben nach Kampagne letzte Woche",
)


@dataclass
class _Times:
    """Milliseconds of every question."""

    acks: list[float] = field(default_factory=list)
    answers: list[float] = field(default_factory=list)
    charts: list[float] = field(default_factory=list)
    cpu: list[float] = field(default_factory=list)
    """Of this process, workspace and all, from the question to its picture."""


async def bench_ask(*, rows: int, times: int, json: bool) -> int | None:
    """The command: exit code 1 where a target is missed."""
    with tempfile.TemporaryDirectory(prefix="countersign-bench-") as folder:
        found = await run(rows, times, Path(folder))
    met = found["ack"]["p99_ms"] < TARGETS_MS["ack"] and found["chart"]["p99_ms"] < TARGETS_MS["chart"]
    text = "\n".join(
        f"{name}: median {found[name]['p50_ms']} ms, p99 {found[name]['p99_ms']} ms"
        for name in ("ack", "answer", "chart")
    )
    baseline = found["baseline"]["p50_ms"]
    say(
        found,
        as_json=json,
        text=f"{rows:,} fact rows, {found['questions']} questions\n{text}\npolars alone: {baseline} ms",
    )
    return None if met else 1


async def run(rows: int, times: int, folder: Path) -> dict[str, Any]:
    """Land a report of so many rows and ask every question so many times."""
    report = folder / "report.csv"
    await asyncio.to_thread(write_report, report, rows)
    async with AsyncExitStack() as stack:
        settings = Settings(home=folder / "home")
        office = await stack.enter_async_context(open_office(settings, make=True))
        (landed,) = await office.landing.land([report], None, via="bench")
        if landed.load_id is None:
            raise RuntimeError(landed.refused)
        await stack.enter_async_context(working(office, settings.worker_lock))
        workspace, http = await _workspace(stack)
        await stack.enter_async_context(
            connected(office, bot_token=_BOT_TOKEN, app_token=_APP_TOKEN, api_url=workspace.api_url, channel=CHANNEL)
        )
        first = await _first(office)
        drawn = {question: await _has_chart(office, question) for question in QUESTIONS}
        measured = _Times()
        for _ in range(times):
            for question, chart in drawn.items():
                await _ask(workspace, http, question, measured, chart=chart)
        baseline = [await asyncio.to_thread(_polars, folder / "home" / "lake" / "facts") for _ in range(max(times, 3))]
    return {
        "rows": rows,
        "questions": len(measured.answers),
        "charts": len(measured.charts),
        "first_ms": first,
        "ack": _shares(measured.acks),
        "answer": _shares(measured.answers),
        "chart": _shares(measured.charts),
        "cpu": _shares(measured.cpu),
        "targets_ms": TARGETS_MS,
        "baseline": {"what": "polars alone: one sum over a month", **_shares(baseline)},
    }


async def _first(office: Office) -> float:
    """The first question after a start, when nothing has been read yet."""
    started = time.perf_counter()
    await office.responder.reply("spend last month")
    return round((time.perf_counter() - started) * 1000, 1)


async def _workspace(stack: AsyncExitStack) -> tuple[Workspace, aiohttp.ClientSession]:
    workspace = local_workspace(None, bot_token=_BOT_TOKEN, app_token=_APP_TOKEN, simulated=False, people=DEMO)
    await workspace.start(0)
    stack.push_async_callback(workspace.stop)
    headers = {"X-CSRF-Token": workspace.csrf_token, "Origin": workspace.base_url}
    return workspace, await stack.enter_async_context(aiohttp.ClientSession(headers=headers))


async def _has_chart(office: Office, question: str) -> bool:
    """Whether there is anything to draw, so that a picture is waited for."""
    answer = (await office.responder.reply(question)).answer
    return answer is not None and charts.can_draw(answer)


async def _ask(workspace: Workspace, http: aiohttp.ClientSession, question: str, times: _Times, *, chart: bool) -> None:
    started = time.perf_counter()
    # The page's answer to a command comes once the app has acknowledged it.
    await _send(workspace, http, f"/kpi {question}")
    times.acks.append((time.perf_counter() - started) * 1000)
    started, used = time.perf_counter(), time.process_time()
    sent = await _send(workspace, http, f"@Countersign {question}")

    def thread() -> list[dict[str, Any]]:
        return [one for one in workspace.messages(CHANNEL, thread_ts=sent["ts"]) if one.get("bot_id")]

    await workspace.wait_for(thread, timeout=_PATIENCE_S)
    times.answers.append((time.perf_counter() - started) * 1000)
    if not chart:
        return
    await workspace.wait_for(lambda: any(_pictured(one) for one in thread()), timeout=_PATIENCE_S)
    times.charts.append((time.perf_counter() - started) * 1000)
    times.cpu.append((time.process_time() - used) * 1000)


def _pictured(message: dict[str, Any]) -> bool:
    """Whether it shows a picture or a chart of Slack's own."""
    return bool({"image", "data_visualization"} & {block["type"] for block in message.get("blocks", ())})


async def _send(workspace: Workspace, http: aiohttp.ClientSession, text: str) -> dict[str, Any]:
    body = {"user": DEMO[0].slack_id, "channel": CHANNEL, "text": text}
    async with http.post(f"{workspace.base_url}/client/send", json=body) as answer:
        return dict(await answer.json())


def _polars(table: Path) -> float:
    import polars as pl

    started = time.perf_counter()
    days = pl.col("day").is_between(date(2026, 6, 1), date(2026, 6, 30))
    pl.scan_delta(str(table)).filter(days).select(pl.col("spend_micros").sum()).collect()
    return (time.perf_counter() - started) * 1000


def _shares(values: list[float]) -> dict[str, float]:
    ordered = sorted(values)
    return {f"p{share}_ms": round(ordered[min(len(ordered) - 1, share * len(ordered) // 100)], 1) for share in (50, 99)}
