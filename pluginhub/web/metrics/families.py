"""Every metric, made of plain numbers that others count."""

import platform
import time
from collections.abc import Iterable, Iterator, Mapping

from aiohttp import web
from prometheus_client import Metric
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    InfoMetricFamily,
)

import pluginhub
from pluginhub.database.check import SQLITE
from pluginhub.managers.registry import RegistryStatistics
from pluginhub.managers.statistics import ManagerStatistics
from pluginhub.tallies import Durations
from pluginhub.web import keys
from pluginhub.web.metrics.seen import Seen

_MOST = 100  # releases whose memory is told one by one
_OTHERS = ("(others)", "")


def all_of(app: web.Application, seen: Seen, started: float) -> Iterator[Metric]:
    """Return all metrics of an application.

    Args:
        app: Has the counts.
        seen: What was looked up.
        started: When the application was made, by ``time.monotonic``.
    """
    yield from _operations(app)
    yield from _managers(app, seen.registry)
    yield from _requests(app)
    yield from _files(app)
    yield from _database(app, seen)
    yield from _care(app)
    yield from _there(app, seen)
    yield _gauge("uptime_seconds", "Since the application was made.", time.monotonic() - started)
    versions = {
        "version": pluginhub.__version__,
        "python": platform.python_version(),
        "sqlite": SQLITE,
    }
    yield InfoMetricFamily("pluginhub", "What runs.", versions)


def _operations(app: web.Application) -> Iterator[Metric]:
    operations = app[keys.OPERATIONS]
    results = CounterMetricFamily(
        "plugin_operations",
        "Operations on plugins by their result: done, or the code of an error.",
        labels=("operation", "result"),
    )
    for (operation, result), number in operations.results.items():
        results.add_metric((operation, result), number)
    yield results
    yield _histogram(
        "plugin_operation_duration_seconds",
        "How long operations on plugins took, waiting for the user's turn and hooks included.",
        "operation",
        operations.durations,
    )


def _managers(app: web.Application, registry: RegistryStatistics) -> Iterator[Metric]:
    yield GaugeMetricFamily(
        "active_lifecycle_managers",
        "Lifecycle managers in memory.",
        len(registry.managers),
    )
    memory = GaugeMetricFamily(
        "plugin_memory_usage_bytes",
        f"Resident memory of the workers of releases, the {_MOST} largest one by one.",
        labels=("slug", "version"),
    )
    for labels, size in _by_release(registry.managers).items():
        memory.add_metric(labels, size)
    yield memory
    calls = app[keys.RESOURCES].registry.calls
    yield _counter("worker_calls", "Hooks that were run.", calls.ended)
    yield _counter("worker_failures", "Hooks that did not succeed.", calls.failed)
    yield _counter("worker_timeouts", "Hooks that took too long.", calls.timed_out)
    resting = [it for it in registry.managers if it.circuit != "closed"]
    yield _gauge("worker_circuits_open", "Releases whose hooks rest for everybody.", len(resting))
    yield _counter("manager_loads", "Lifecycle managers that were loaded.", registry.loads)
    yield _counter("manager_hits", "Leases that found one loaded.", registry.hits)
    yield _counter("manager_load_failures", "Loads that failed.", registry.failures)


def _by_release(managers: Iterable[ManagerStatistics]) -> dict[tuple[str, str], int]:
    """Return the memory of the largest by slug and version, and that of all others together."""
    largest = sorted(managers, key=lambda it: it.memory, reverse=True)
    found = {(it.slug, it.version): it.memory for it in largest[:_MOST]}
    if len(largest) > _MOST:
        found[_OTHERS] = sum(it.memory for it in largest[_MOST:])
    return found


def _requests(app: web.Application) -> Iterator[Metric]:
    traffic = app[keys.TRAFFIC]
    answered = CounterMetricFamily(
        "pluginhub_requests",
        "Requests by class of route, method and class of status; gone: nobody was there any more.",
        labels=("route", "method", "status"),
    )
    for labels, number in traffic.requests().items():
        answered.add_metric(labels, number)
    yield answered
    yield _histogram(
        "pluginhub_request_duration_seconds",
        "How long requests took, but for those that were answered from memory at once.",
        "route",
        traffic.durations,
    )
    listeners = app[keys.FEED].listeners
    yield _gauge("event_listeners", "Streams of events that are open.", listeners)


def _files(app: web.Application) -> Iterator[Metric]:
    contents, traffic = app[keys.CONTENTS], app[keys.TRAFFIC]
    hits = contents.hits + traffic.files.total
    sent = "Bytes of files of plugins that this server sent itself."
    yield _counter("file_bytes_sent", sent, traffic.sent)
    yield _counter("file_cache_hits", "Files that were kept when asked for.", hits)
    yield _counter("file_cache_misses", "Files that were not.", contents.misses)
    yield _gauge("file_cache_bytes", "Bytes of files in memory.", contents.memory)
    uploads = app[keys.UPLOADS]
    ended = CounterMetricFamily(
        "pluginhub_uploads",
        "Uploads: done came whole, failed did not, refused found too many others.",
        labels=("result",),
    )
    for name in ("done", "failed", "refused"):
        ended.add_metric((name,), getattr(uploads, name))
    yield ended
    yield _gauge("uploads_running", "Uploads that come now.", uploads.running)


def _database(app: web.Application, seen: Seen) -> Iterator[Metric]:
    load = app[keys.DATABASE].load
    yield _gauge("database_bytes", "Size of the database.", seen.database)
    yield _gauge("database_log_bytes", "Size of its write-ahead log.", seen.log)
    yield _counter("database_transactions", "Transactions that were committed.", load.committed)
    yield _counter("database_rollbacks", "Transactions that were taken back.", load.taken_back)
    busy = "Time that transactions took."
    yield _counter("database_busy_seconds", busy, load.busy)
    waited = "Time that transactions waited for others."
    yield _counter("database_wait_seconds", waited, load.waited)


def _care(app: web.Application) -> Iterator[Metric]:
    cleanup = app[keys.CLEANUP]
    totals, last = cleanup.totals, cleanup.last
    yield _counter("sweeps", "Sweeps that were begun.", totals.runs)
    yield _counter("sweep_failures", "Sweeps that failed.", totals.failures)
    yield _counter("sweep_removed_releases", "Releases that sweeps removed.", totals.removed)
    yield _counter("sweep_removed_bytes", "Bytes of their files.", totals.size)
    ended = "When the last sweep ended, seconds since 1970; 0 if there was none."
    yield _gauge("sweep_last_timestamp_seconds", ended, last.at if last else 0)
    due = "When the next sweep is due, seconds since 1970."
    yield _gauge("sweep_next_timestamp_seconds", due, cleanup.next_at)
    yield _gauge("safe_mode", "1 in safe mode.", app[keys.SAFE_MODE])


def _there(app: web.Application, seen: Seen) -> Iterator[Metric]:
    yield _gauge("users", "Accounts.", seen.numbers.users)
    yield _gauge("plugins", "Plugins that are published.", seen.numbers.plugins)
    yield _gauge("releases", "Releases that are published.", seen.numbers.releases)
    yield _gauge("installations", "Plugins that users have.", seen.numbers.installations)
    yield _gauge("release_bytes", "Bytes of the files of all releases.", seen.numbers.stored)
    yield _gauge("disk_free_bytes", "Free on the disk of the data directory.", seen.free)
    reserve = app[keys.CONFIG].storage.disk_reserve
    yield _gauge("disk_reserve_bytes", "What uploads must leave (storage.disk_reserve).", reserve)
    jobs = GaugeMetricFamily("pluginhub_jobs", "Jobs by their state.", labels=("state",))
    for state, number in seen.jobs.items():
        jobs.add_metric((state,), number)
    yield jobs


def _counter(name: str, told: str, value: float) -> Metric:
    return CounterMetricFamily(f"pluginhub_{name}", told, value)


def _gauge(name: str, told: str, value: float) -> Metric:
    return GaugeMetricFamily(f"pluginhub_{name}", told, value)


def _histogram(name: str, told: str, label: str, found: Mapping[str, Durations]) -> Metric:
    family = HistogramMetricFamily(name, told, labels=(label,))
    for value, durations in found.items():
        family.add_metric((value,), durations.cumulated(), durations.seconds)
    return family
