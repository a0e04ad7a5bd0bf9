"""What Prometheus is told, and that the Grafana dashboard asks for nothing else."""

import asyncio
import json
import re
from datetime import timedelta
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

import bot.dashboard
from bot.meters import BOUNDS_MS, TARGETS_MS, Meters
from bot.metrics import Scrape
from bot.office import Office
from storage.records.alerts import AlertKind, Severity
from storage.records.dashboards import ABOVE_ALL_MS
from storage.records.verdicts import Reason
from tests.builders import a_finding, a_verdict

GRAFANA = Path(bot.dashboard.__file__).parent / "grafana.json"


async def scraped(office: Office) -> str:
    return (await Scrape(office).text()).decode()


async def test_a_scrape_is_readable_and_holds_every_state(office: Office) -> None:
    office.meters.observe("ack", 0.02)
    families = {family.name: family for family in text_string_to_metric_families(await scraped(office))}

    assert len(families["countersign_alerts_open"].samples) == len(AlertKind) * len(Severity)
    assert {one.labels["state"] for one in families["countersign_plans"].samples} >= {"waiting", "done", "failed"}
    assert families["countersign_latency_seconds"].type == "histogram"
    assert families["countersign_failures"].type == "counter"


async def test_a_histogram_adds_up_and_counts_each_wait_once(office: Office) -> None:
    for seconds in (0.005, 0.25, 0.3, 2.5, 10_000.0):
        office.meters.observe("ask", seconds)
    before = await scraped(office)
    await office.meters.flush(office.ledger)
    office.meters.observe("ask", 0.25, failed=True)
    text = await scraped(office)

    assert bucket(before, "0.3") == 3
    assert bucket(before, "+Inf") == 5
    assert bucket(text, "0.3") == 4
    assert bucket(text, "+Inf") == 6
    assert 'countersign_failures_total{what="ask"} 1.0' in text


def bucket(text: str, bound: str) -> float:
    found = re.search(
        rf'^countersign_latency_seconds_bucket{{le="{re.escape(bound)}",what="ask"}} (\S+)$', text, re.MULTILINE
    )
    assert found is not None, text
    return float(found[1])


async def test_refusals_are_counted_once_however_many_scrapes_come_at_once(office: Office) -> None:
    async with office.ledger.write() as tx:
        reason = Reason(policy="max-step", text="too far")
        for number in range(5):
            await tx.approvals.add_verdict(f"PLAN-{number}", 1, a_verdict(outcome="refused", reasons=(reason,)))
    scrape = Scrape(office)
    await asyncio.gather(*(scrape.text() for _ in range(4)))
    assert 'countersign_policy_refusals_total{policy="max-step"} 5.0' in (await scrape.text()).decode()


async def test_cards_that_wait_for_the_end_of_quiet_hours_are_not_behind(office: Office) -> None:
    now = office.clock()
    async with office.ledger.write() as tx:
        for number in range(203):
            later = now + timedelta(hours=8) if number == 0 else None
            await tx.alerts.open(a_finding(key=f"{number}"), now=now, shown_from=later)
    assert "countersign_cards_behind 202.0" in await scraped(office)


async def test_the_age_of_the_data_is_counted_from_the_newest_complete_day(office: Office) -> None:
    newest = (await office.kpis.world()).newest_day
    assert newest is not None
    assert f"countersign_data_age_days {(office.clock().date() - newest).days}.0" in await scraped(office)


async def test_grafana_asks_only_for_what_there_is(office: Office) -> None:
    office.meters.observe("job:look", 0.02)
    told = await scraped(office)
    known = set(re.findall(r"^# TYPE (\S+)", told, re.MULTILINE))
    known |= {f"{name}_{end}" for name in known for end in ("bucket", "count", "sum", "total")}
    board = json.loads(GRAFANA.read_text(encoding="utf-8"))
    asked = {
        name
        for panel in board["panels"]
        for target in panel["targets"]
        for name in re.findall(r"countersign_\w+", target["expr"])
    }

    assert asked <= known
    assert len({panel["id"] for panel in board["panels"]}) == len(board["panels"])


def test_every_promise_is_the_end_of_a_bucket() -> None:
    assert set(TARGETS_MS.values()) <= set(BOUNDS_MS)
    assert list(BOUNDS_MS) == sorted(BOUNDS_MS)
    assert BOUNDS_MS[-1] == ABOVE_ALL_MS


async def test_what_cannot_be_written_is_kept_for_the_next_time(office: Office) -> None:
    class Closed:
        def write(self) -> None:
            raise OSError("the disk is full")

    meters = Meters(clock=office.clock)
    meters.observe("ack", 0.02)
    with pytest.raises(OSError, match="full"):
        await meters.flush(Closed())  # type: ignore[arg-type]
    assert [one.count for one in meters.pending()] == [1]
    await meters.flush(office.ledger)
    assert meters.pending() == ()
    async with office.ledger.read() as tx:
        assert [one.count for one in await tx.latencies.totals()] == [1]


def test_a_block_that_breaks_is_a_failure(office: Office) -> None:
    ticks = iter([10.0, 10.4])
    meters = Meters(clock=office.clock, timer=lambda: next(ticks))
    with pytest.raises(LookupError), meters.timed("ask"):
        raise LookupError
    (one,) = meters.pending()
    assert (one.what, one.bound_ms, one.count, one.failed, one.total_us) == ("ask", 500, 1, 1, 400_000)
