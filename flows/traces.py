"""Traces to OpenTelemetry, for a process whose environment names where they go (`OTEL_EXPORTER_OTLP_ENDPOINT`).

Imported by whoever may need it; what is heavy of it only when it is asked for. Settings are OpenTelemetry's own:
https://opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables/
"""

import atexit
import hashlib
import importlib
import logging
import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib.metadata import version
from typing import Any

from headwater import tracing
from headwater.tracing import Span, Value

ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
MISSING = (
    "traces are asked for (OTEL_EXPORTER_OTLP_ENDPOINT), but OpenTelemetry is not installed, so there are none: "
    "install headwater with its extra otel, or unset the variable"
)
LAST_SECONDS = 3.0
_INHERITED = ("run", "source", "document", "delivery")
"""What every span within another is about, too."""

_state: dict[str, Any] = {}


def begin() -> str:
    """Once in a process, however often it is called; a sentence for a person where it cannot be done, else ""."""
    wanted = any(os.environ.get(name) for name in ENDPOINTS)
    if not wanted or os.environ.get("OTEL_SDK_DISABLED", "").lower() == "true" or tracing.is_on():
        return ""
    try:
        exporter = importlib.import_module("opentelemetry.exporter.otlp.proto.http.trace_exporter").OTLPSpanExporter()
        provider = _provider(exporter)
    except ImportError:
        return MISSING
    _state["provider"] = provider
    atexit.register(end)
    # Each attempt that fails is a warning; that they are given up is enough.
    logging.getLogger("opentelemetry").setLevel(logging.ERROR)
    tracing.switch_on(_Tracer(provider.get_tracer("headwater", version("headwater"))).span)
    return ""


def end() -> None:
    """Send what is left, for a few seconds at most: nobody waits for a collector that is down."""
    provider = _state.pop("provider", None)
    if provider is not None:
        tracing.switch_on(None)
        sending = threading.Thread(target=provider.shutdown, name="headwater-traces", daemon=True)
        sending.start()
        sending.join(LAST_SECONDS)


def _provider(exporter: Any) -> Any:
    sdk = importlib.import_module("opentelemetry.sdk.trace")
    batches = importlib.import_module("opentelemetry.sdk.trace.export").BatchSpanProcessor(exporter)
    resources = importlib.import_module("opentelemetry.sdk.resources")
    about = {"service.version": version("headwater")}
    if not os.environ.get("OTEL_SERVICE_NAME"):
        about["service.name"] = "headwater"
    # Not the one that libraries find: what they would tell is theirs, and may hold what we never tell.
    provider = sdk.TracerProvider(resource=resources.Resource.create(about), shutdown_on_exit=False)
    provider.add_span_processor(batches)
    return provider


class _Told:
    """The span of OpenTelemetry behind one of ours."""

    def __init__(self, found: Any) -> None:
        self._span = found

    def tell(self, **attributes: Value) -> None:
        for name, value in attributes.items():
            self._span.set_attribute(f"headwater.{name}", value)


class _Tracer:
    def __init__(self, tracer: Any) -> None:
        self._tracer = tracer
        self._api = importlib.import_module("opentelemetry.trace")

    @contextmanager
    def span(self, name: str, of_delivery: str, attributes: Mapping[str, Value]) -> Iterator[Span]:
        names = {key: attributes[key] for key in _INHERITED if key in attributes}
        with (
            tracing.about(**names),
            self._tracer.start_as_current_span(
                name,
                context=self._trace_of(of_delivery) if of_delivery else None,
                attributes={f"headwater.{key}": value for key, value in {**tracing.known(), **attributes}.items()},
                record_exception=False,  # its words may be those of a document
                set_status_on_exception=False,
            ) as found,
        ):
            try:
                yield _Told(found)
            except BaseException as error:
                found.set_status(self._api.Status(self._api.StatusCode.ERROR, type(error).__name__))
                raise

    def _trace_of(self, delivery: str) -> Any:
        """As if somebody had begun it elsewhere: the webhook, and the work that it leads to later, find the same."""
        found = hashlib.sha256(delivery.encode()).digest()
        parent = self._api.SpanContext(
            trace_id=int.from_bytes(found[:16], "big"),
            span_id=int.from_bytes(found[16:24], "big"),
            is_remote=True,
            trace_flags=self._api.TraceFlags(self._api.TraceFlags.SAMPLED),
        )
        return self._api.set_span_in_context(self._api.NonRecordingSpan(parent))
