"""Spans for whoever wants traces: a call, each key read for it, each request, each rule.

OpenTelemetry is imported only when traces are wanted (`cardwise[otel]`). Spans hold names of ours,
states and statuses: no URL, no id of a patient, no text of an exception. The caller's trace context
is taken up (not its tracestate, which may hold any text), and goes on to the caller's own FHIR
server; a caller that sent none gets none.
"""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from hooks.errors import ConfigurationError, NotRead
from prefetch.data import Data
from prefetch.needs import Need
from prefetch.observer import Attempt
from rules._rule import Check, Findings, Rule
from service import __version__
from service.telemetry import exchange as exchanges
from service.telemetry.exchange import Exchange

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.trace import Span

_PATIENCE: Final = 2.0
_BROKEN: Final = 500
# https://opentelemetry.io/docs/specs/semconv/http/http-spans/
_KNOWN: Final = {
    "method": "http.request.method",
    "route": "http.route",
    "status": "http.response.status_code",
}


class Traces:
    """Makes spans, and sends them to a collector in the background. One per app."""

    def __init__(self, endpoint: str) -> None:
        """Send to a collector.

        Args:
            endpoint: its URL for traces, OTLP over HTTP, such as `http://host:4318/v1/traces`.

        Raises:
            ConfigurationError: OpenTelemetry is not installed.
        """
        try:
            from opentelemetry import trace  # noqa: PLC0415 - imported only where it is wanted
            from opentelemetry.exporter.otlp.proto.http.trace_exporter import (  # noqa: PLC0415
                OTLPSpanExporter,
            )
            from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
            from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
            from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415
        except ImportError:
            raise ConfigurationError(
                "CARDWISE_TRACES: needs OpenTelemetry; install cardwise[otel], or unset it"
            ) from None
        named = Resource.create({"service.name": "cardwise", "service.version": __version__})
        self._api = trace
        # shut down by us, once what was under way has ended
        self._provider = TracerProvider(resource=named, shutdown_on_exit=False)
        exporter = OTLPSpanExporter(endpoint, timeout=_PATIENCE)
        self._provider.add_span_processor(BatchSpanProcessor(exporter))
        self._tracer = self._provider.get_tracer("cardwise", __version__)

    async def aclose(self) -> None:
        """Send what is left, and stop."""
        await asyncio.to_thread(self._provider.shutdown)

    @contextmanager
    def request(self, exchange: Exchange) -> Iterator[None]:
        """A span around a request, named and described at its end by what the log says of it."""
        server = self._api.SpanKind.SERVER
        with self._span("request", server, self._parent(exchange.traceparent)) as span:
            yield
            facts = exchange.facts
            span.update_name(f"{facts['method']} {facts['route']}".strip())
            span.set_attribute("cardwise.request_id", exchange.id)
            span.set_attributes(_attributes(facts))
            if facts["status"] >= _BROKEN:
                span.set_status(self._api.StatusCode.ERROR)

    @contextmanager
    def obtaining(self, need: Need) -> Iterator[Callable[[Data], None]]:
        """A span around obtaining what was not prefetched."""
        with self._span(f"obtain {need.key}") as span:

            def tell(data: Data) -> None:
                span.set_attributes({"cardwise.key": need.key, "cardwise.state": data.state})
                if data.reason:
                    span.set_attribute("cardwise.reason", data.reason)

            yield tell

    @contextmanager
    def reading(self, attempt: Attempt, server: str) -> Iterator[None]:
        """A span around one request to a FHIR server."""
        exchange = exchanges.current()
        with self._span("GET", self._api.SpanKind.CLIENT) as span:
            if exchange and exchange.traceparent:
                attempt.headers["traceparent"] = _traceparent(span)
            span.set_attributes({"http.request.method": "GET", "server.address": server})
            try:
                yield
            finally:
                if attempt.status:
                    span.set_attribute("http.response.status_code", attempt.status)
                if attempt.reason:
                    span.set_attribute("cardwise.reason", attempt.reason)
                    span.set_status(self._api.StatusCode.ERROR)

    def watched(self, rules: Sequence[Rule]) -> list[Rule]:
        """The rules, each with a span around its check."""
        return [replace(rule, check=self._watched(rule)) for rule in rules]

    def _watched(self, rule: Rule) -> Check:
        def check(*given: Any) -> Findings:
            with self._span(f"rule {rule.id}") as span:
                findings = list(rule.check(*given))
                span.set_attributes(
                    {
                        "cardwise.rule": rule.id,
                        "cardwise.rule_version": rule.version,
                        "cardwise.findings": len(findings),
                        **({"cardwise.trial": True} if given[0].is_trial else {}),
                    }
                )
            yield from findings

        return check

    @contextmanager
    def _span(
        self, name: str, kind: Any = None, context: "Context | None" = None
    ) -> Iterator["Span"]:
        """A span that says what kind of exception ended it, and not its text."""
        with self._tracer.start_as_current_span(
            name,
            context,
            kind or self._api.SpanKind.INTERNAL,
            record_exception=False,
            set_status_on_exception=False,
        ) as span:
            try:
                yield span
            except NotRead:
                span.set_attribute("cardwise.waiting", True)
                raise
            except BaseException as error:
                span.set_attribute("error.type", type(error).__name__)
                span.set_status(self._api.StatusCode.ERROR)
                raise

    def _parent(self, traceparent: str) -> "Context":
        """The context that the caller's trace makes; an empty one where it sent none."""
        from opentelemetry.context import Context  # noqa: PLC0415

        if not traceparent:
            return Context()
        _, trace, span, flags = traceparent.split("-")
        remote = self._api.SpanContext(
            int(trace, 16),
            int(span, 16),
            True,
            self._api.TraceFlags(int(flags, 16)),
        )
        return self._api.set_span_in_context(self._api.NonRecordingSpan(remote), Context())


def _traceparent(span: "Span") -> str:
    context = span.get_span_context()
    return f"00-{context.trace_id:032x}-{context.span_id:016x}-{int(context.trace_flags):02x}"


def _attributes(facts: dict[str, Any]) -> dict[str, Any]:
    """Facts as attributes, under the names that others know; those that hold several are spread."""
    found: dict[str, Any] = {}
    for name, value in facts.items():
        if name in _KNOWN:
            found[_KNOWN[name]] = value
        elif isinstance(value, dict):
            found |= {f"cardwise.{name}.{inner}": each for inner, each in value.items()}
        else:
            found[f"cardwise.{name}"] = value
    return found
