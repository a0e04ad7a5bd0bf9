"""Traces from a signal to its card to what was done: one a plan, kept with it, so that any process goes on with it.

Off unless COUNTERSIGN_TRACES says where spans go; only then is OpenTelemetry (extra `countersign[otel]`) imported.
"""

from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager, nullcontext
from typing import Any, Protocol

from storage.ledger import Ledger


class TracingUnavailable(RuntimeError):
    """Raised where traces are asked for and OpenTelemetry is not installed; says what to install."""


class Tracing(Protocol):
    """Where spans go."""

    @property
    def on(self) -> bool: ...

    def span(self, name: str, *, parent: str | None = None, **facts: str) -> AbstractContextManager[Any]:
        """A span around the block, within the one at hand or of the trace of `parent`, a W3C traceparent."""

    def current(self) -> str | None:
        """The W3C traceparent of the span at hand; None outside of any."""

    def close(self) -> None:
        """Send what was not sent yet."""


class NoTracing:
    """Tracing that is switched off."""

    on = False

    def span(self, name: str, *, parent: str | None = None, **facts: str) -> AbstractContextManager[Any]:  # noqa: ARG002
        return nullcontext()

    def current(self) -> str | None:
        return None

    def close(self) -> None:
        return


class OpenTelemetry:
    """Spans of OpenTelemetry, sent by the processor that is given; names and ids only, never people's words.

    Of an error it is said that there was one: its text and its stack may quote what people wrote.
    """

    on = True

    def __init__(self, processor: Any) -> None:
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

        self._provider = TracerProvider(resource=Resource.create({"service.name": "countersign"}))
        self._provider.add_span_processor(processor)
        self._tracer = self._provider.get_tracer("countersign")
        self._format = TraceContextTextMapPropagator()

    @contextmanager
    def span(self, name: str, *, parent: str | None = None, **facts: str) -> Iterator[Any]:
        from opentelemetry.trace import StatusCode

        context = self._format.extract({"traceparent": parent}) if parent else None
        with self._tracer.start_as_current_span(
            name,
            context=context,
            attributes={f"countersign.{key}": text for key, text in facts.items()},
            record_exception=False,
            set_status_on_exception=False,
        ) as begun:
            try:
                yield begun
            except Exception:
                begun.set_status(StatusCode.ERROR)
                raise

    def current(self) -> str | None:
        carrier: dict[str, str] = {}
        self._format.inject(carrier)
        return carrier.get("traceparent")

    def close(self) -> None:
        self._provider.shutdown()


def open_tracing(exporter: str | None) -> Tracing:
    """Tracing to a collector (its address as OpenTelemetry's own variables say), to stderr, or none at all.

    Raises TracingUnavailable.
    """
    if not exporter:
        return NoTracing()
    if exporter not in ("otlp", "console"):
        raise TracingUnavailable(f"COUNTERSIGN_TRACES={exporter}: it takes otlp or console; unset it for no traces")
    try:
        return OpenTelemetry(_processor(exporter))
    except ImportError as error:
        raise TracingUnavailable(
            f"COUNTERSIGN_TRACES={exporter} needs OpenTelemetry ({error.name} is missing): "
            "pip install 'countersign[otel]', or unset the variable"
        ) from None


def _processor(exporter: str) -> Any:
    import sys

    from opentelemetry.sdk.trace.export import BatchSpanProcessor, ConsoleSpanExporter

    if exporter == "console":
        return BatchSpanProcessor(ConsoleSpanExporter(out=sys.stderr))
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

    return BatchSpanProcessor(OTLPSpanExporter())


@asynccontextmanager
async def traced(tracing: Tracing, ledger: Ledger, name: str, plan_id: str) -> AsyncIterator[None]:
    """A span of the plan's own trace around the block; costs nothing where tracing is off."""
    if not tracing.on:
        yield
        return
    async with ledger.read() as tx:
        parent = await tx.plans.traceparent(plan_id)
    with tracing.span(name, parent=parent, plan=plan_id):
        yield
