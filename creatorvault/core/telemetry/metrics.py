"""What parts of the process say of themselves at the moment that somebody asks. Each app contributes its own."""

from collections.abc import Callable, Iterable

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric

from creatorvault.core.parts import Parts

type MetricSource = Callable[[Parts], Iterable[Metric]]
"""Asked while all parts are open. Never an id of a user or a tenant."""


def gauge(name: str, help_text: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"creatorvault_{name}", help_text, value=value)


def counter(name: str, help_text: str, value: float) -> CounterMetricFamily:
    """Since the process began. `_total` is added to its name where it is shown."""
    return CounterMetricFamily(f"creatorvault_{name}", help_text, value=value)


def counters(
    name: str, help_text: str, labels: tuple[str, ...], values: Iterable[tuple[tuple[str, ...], float]]
) -> Metric:
    """One counter for each combination of labels that there is."""
    family = CounterMetricFamily(f"creatorvault_{name}", help_text, labels=labels)
    for combination, value in values:
        family.add_metric(combination, value)
    return family
