"""One trace of a plan: from the look at the data over its card and the clicks to what was carried out."""

import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from uuid import uuid4

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode

from bot.tracing import NoTracing, OpenTelemetry, TracingUnavailable, open_tracing
from storage.records.plans import PlanState
from tests.architecture.command_line import ROOT
from tests.scenarios.team import Team

Hire = Callable[..., AbstractAsyncContextManager[Team]]


async def test_signal_proposal_review_card_clicks_and_execution_are_one_trace(hired_strictly: Hire) -> None:
    spans = InMemorySpanExporter()
    async with hired_strictly(tracing=OpenTelemetry(SimpleSpanProcessor(spans))) as team:
        async with team.office.ledger.write() as tx:
            await tx.enqueue("tick", f"tick:plan:{uuid4()}", {"job": "plan"})
        await team.press(team.aaron, "Approve", "Waits for")
        await team.card("1 of 2 approvals")
        await team.press(team.carla, "Approve", "1 of 2 approvals")
        await team.card("Done")
        assert await team.state() is PlanState.DONE
        async with team.office.ledger.read() as tx:
            kept = await tx.plans.traceparent("PLAN-1")

    assert kept is not None
    trace_id = int(kept.split("-")[1], 16)
    ours = [one for one in spans.get_finished_spans() if one.context.trace_id == trace_id]
    names = [one.name for one in ours]
    assert {"job plan", "read the sources", "propose", "review", "card", "execute"} <= set(names)
    assert names.count("slack plan.approve") == 2
    (propose,) = (one for one in ours if one.name == "propose")
    assert f"{propose.context.span_id:016x}" == kept.split("-")[2]
    for name in ("review", "card", "execute", "slack plan.approve"):
        assert all(parent_of(one) == propose.context.span_id for one in ours if one.name == name)
    told = {text for one in ours for text in (one.attributes or {}).values()}
    assert told == {"PLAN-1"}  # ids alone: no name of a person, no words


def test_of_an_error_neither_its_text_nor_its_stack_is_sent() -> None:
    spans = InMemorySpanExporter()
    tracing = OpenTelemetry(SimpleSpanProcessor(spans))
    with pytest.raises(LookupError), tracing.span("job plan", plan="PLAN-1"):
        raise LookupError("Olivia Kent wrote: never tell")
    (ended,) = spans.get_finished_spans()
    assert ended.status.status_code is StatusCode.ERROR
    assert ended.status.description is None
    assert ended.events == ()
    assert "Olivia" not in ended.to_json()


def parent_of(span: ReadableSpan) -> int | None:
    return None if span.parent is None else span.parent.span_id


async def test_without_tracing_nothing_is_kept_and_everything_works(team: Team) -> None:
    async with team.office.ledger.read() as tx:
        assert await tx.plans.traceparent("PLAN-1") is None
    await team.press(team.aaron, "Approve", "Waits for")
    await team.card("Done")


def test_tracing_is_off_by_default_and_an_unknown_way_is_refused() -> None:
    assert isinstance(open_tracing(None), NoTracing)
    with pytest.raises(TracingUnavailable, match="otlp or console"):
        open_tracing("jaeger")


def test_opentelemetry_is_not_imported_where_it_is_off() -> None:
    code = "import sys, bot.wiring, bot.commands.up; sys.exit(any(m.startswith('opentelemetry') for m in sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], check=False, cwd=ROOT).returncode == 0


def test_without_the_extra_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.otlp.proto.http.trace_exporter", None)
    with pytest.raises(TracingUnavailable, match=r"countersign\[otel\]"):
        open_tracing("otlp")
