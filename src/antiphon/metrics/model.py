"""How figures are declared, counted and shown: a thin layer on the Prometheus client."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Literal

from prometheus_client import CollectorRegistry, Counter, Histogram, ProcessCollector, disable_created_metrics
from prometheus_client.exposition import generate_latest
from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.metrics_core import Metric as Family
from prometheus_client.registry import Collector

Role = Literal["api", "calls", "devices", "worker"]
Kind = Literal["counter", "gauge", "histogram"]

disable_created_metrics()  # type: ignore[no-untyped-call]  # the client leaves it untyped


@dataclass(frozen=True, slots=True)
class Metric:
    """One line of the catalogue. `name` as Prometheus shows it, `_total` of counters included."""

    name: str
    kind: Kind
    words: str
    labels: tuple[str, ...]
    roles: tuple[Role, ...]
    collector: Collector = field(repr=False)


CATALOGUE: list[Metric] = []


class Reading(Collector):
    """Values that are looked up when somebody asks: `put` replaces them all, so that what is gone is not shown any more."""

    def __init__(self, name: str, words: str, labels: tuple[str, ...], *, counts: bool) -> None:
        self._name, self._words, self._labels, self._counts = name, words, labels, counts
        self._values: dict[tuple[str, ...], float] = {}

    def put(self, values: Mapping[tuple[str, ...], float] | float) -> None:
        """All values by their labels' values; a bare number where there are no labels."""
        self._values = dict(values) if isinstance(values, Mapping) else {(): float(values)}

    def forget(self) -> None:
        """Nothing is known now."""
        self._values = {}

    def collect(self) -> Iterable[Family]:
        family = (CounterMetricFamily if self._counts else GaugeMetricFamily)(
            self._name, self._words, labels=self._labels
        )
        for labels, value in self._values.items():
            family.add_metric(labels, value)
        return [family]


def counter(name: str, words: str, labels: tuple[str, ...], roles: tuple[Role, ...]) -> Counter:
    """Counts up from the role's start; shown as `name_total`."""
    made = Counter(name, words, labels, registry=None)
    CATALOGUE.append(Metric(f"{name}_total", "counter", words, labels, roles, made))
    return made


def histogram(
    name: str, words: str, labels: tuple[str, ...], roles: tuple[Role, ...], buckets: tuple[float, ...]
) -> Histogram:
    """Durations in seconds."""
    made = Histogram(name, words, labels, registry=None, buckets=buckets)
    CATALOGUE.append(Metric(name, "histogram", words, labels, roles, made))
    return made


def reading(
    name: str, words: str, labels: tuple[str, ...], roles: tuple[Role, ...], *, counts: bool = False
) -> Reading:
    """A value that is looked up when somebody asks; `counts` for one that only grows."""
    made = Reading(name, words, labels, counts=counts)
    CATALOGUE.append(
        Metric(f"{name}_total" if counts else name, "counter" if counts else "gauge", words, labels, roles, made)
    )
    return made


@cache
def _registry(role: Role) -> CollectorRegistry:
    registry = CollectorRegistry()
    for metric in CATALOGUE:
        if role in metric.roles:
            registry.register(metric.collector)
    ProcessCollector(registry=registry)
    return registry


def exposition(role: Role) -> str:
    """What this process counts as that role, in Prometheus' text format."""
    return generate_latest(_registry(role)).decode()


@cache
def counting(histogram: Histogram, label: str) -> Histogram:
    """The histogram's child with this one label's value, looked up once."""
    return histogram.labels(label)
