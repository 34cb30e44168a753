"""Reads what /metrics answers, as Prometheus does."""

from prometheus_client.parser import text_string_to_metric_families

from tests.conftest import Hub

Labels = frozenset[tuple[str, str]]
Samples = dict[str, dict[Labels, float]]


async def samples(hub: Hub, headers: dict[str, str] | None = None) -> Samples:
    """Return every sample by its name and its labels."""
    answer = await hub.client.get("/metrics", headers=headers)
    text = await answer.text()
    assert answer.status == 200, text
    assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    found: Samples = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            of_name = found.setdefault(sample.name, {})
            labels = frozenset(sample.labels.items())
            assert labels not in of_name, sample
            of_name[labels] = sample.value
    return found


def labels(**given: str) -> Labels:
    return frozenset(given.items())


NONE = labels()
