"""Readings as Prometheus' families, with what its library knows of the process itself."""

from __future__ import annotations

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from schemas.metrics import Kind
from schemas.metrics import Metric as Defined
from topics.metrics.exposure import Exposure

Family = CounterMetricFamily | GaugeMetricFamily


def registry(exposure: Exposure) -> CollectorRegistry:
    """What is encoded for who asks."""
    found = CollectorRegistry(auto_describe=False)
    ProcessCollector(registry=found)
    found.register(Readings(exposure))
    return found


class Readings(Collector):
    """Reads the process at each question."""

    def __init__(self, exposure: Exposure) -> None:
        self._exposure = exposure

    def collect(self) -> Iterator[Metric]:
        """A family a metric that has values. Of the same labels told twice counters are added up;
        of a gauge the last one counts.
        """
        summed: dict[Defined, dict[tuple[str, ...], float]] = {}
        for metric, labels, value in self._exposure.readings():
            rows = summed.setdefault(metric, {})
            rows[labels] = rows.get(labels, 0) + value if metric.kind is Kind.COUNTER else value
        for metric, rows in summed.items():
            family = _family(metric)
            for labels, value in rows.items():
                family.add_metric(labels, value)
            yield family
        yield from self._times()

    def _times(self) -> Iterator[Metric]:
        families: dict[Defined, HistogramMetricFamily] = {}
        for metric, labels, spread in self._exposure.times():
            if metric not in families:
                families[metric] = HistogramMetricFamily(
                    metric.name, metric.help, labels=metric.labels
                )
            buckets, total = spread.buckets()
            families[metric].add_metric(labels, buckets, total)
        yield from families.values()


def _family(metric: Defined) -> Family:
    kind = CounterMetricFamily if metric.kind is Kind.COUNTER else GaugeMetricFamily
    return kind(metric.name, metric.help, labels=metric.labels)
