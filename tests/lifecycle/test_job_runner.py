"""Jobs of a server that is killed: carried out after the next start, or failed with a reason."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from pluginhub.web import keys
from tests import bundles
from tests.cli.conftest import Served, served_in
from tests.cli.running import Running, serving
from tests.conftest import Hub

BUNDLE = bundles.bundle()
SETTINGS = '[publish]\nallow_http = true\nallow_private_networks = ["127.0.0.0/8"]\n'
ENDED = {"done", "failed", "cancelled"}

pytestmark = pytest.mark.timeout(60)


class Source(ThreadingHTTPServer):
    """A server that sends the begin of a bundle, and the rest when it is told to."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answer)
        self.asked, self.go = threading.Semaphore(0), threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/clock.tar.gz"


class _Answer(BaseHTTPRequestHandler):
    server: Source

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(BUNDLE)))
        self.end_headers()
        self.wfile.write(BUNDLE[:100])
        self.server.asked.release()
        if self.server.go.wait(30):
            self.wfile.write(BUNDLE[100:])

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture(name="source")
def _source() -> Iterator[Source]:
    with Source() as source:
        threading.Thread(target=source.serve_forever, daemon=True).start()
        yield source
        source.go.set()
        source.shutdown()


@contextmanager
def started(folder: Path) -> Iterator[tuple[Running, Served]]:
    (folder / "config.toml").write_text(SETTINGS)
    with serving(folder) as process:
        yield process, served_in(folder)


def jobs(served: Served) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = served.ask("GET", "plugins/jobs")["jobs"]
    return found


def ended(served: Served) -> list[dict[str, Any]]:
    """Return the jobs when all have ended."""
    end = time.monotonic() + 20
    while True:
        found = jobs(served)
        if all(job["state"] in ENDED for job in found):
            return found
        assert time.monotonic() < end, found
        time.sleep(0.02)


def upload(served: Served, bundle: bytes) -> str:
    """Have a bundle published later, and return the job that was promised."""
    job: dict[str, Any] = served.ask("POST", "plugins", bundle, Prefer="respond-async")
    return str(job["id"])


def leftovers(folder: Path) -> list[Path]:
    return [path for name in ("jobs", "staging") for path in (folder / "data" / name).iterdir()]


def test_a_download_that_a_kill_interrupts_is_begun_again(tmp_path: Path, source: Source) -> None:
    with started(tmp_path) as (process, served):
        served.ask("POST", "plugins", {"source_url": source.url})
        assert source.asked.acquire(timeout=10)
        process.kill()
    source.go.set()
    with started(tmp_path) as (_, served):
        [job] = ended(served)
        assert (job["state"], job["attempts"], job["error"]) == ("done", 2, None)
        assert job["result"]["slug"] == "Clock"
        assert leftovers(tmp_path) == []


def test_a_job_that_is_killed_three_times_fails_and_says_so(tmp_path: Path, source: Source) -> None:
    for attempt in range(3):
        with started(tmp_path) as (process, served):
            if attempt == 0:
                served.ask("POST", "plugins", {"source_url": source.url})
            assert source.asked.acquire(timeout=10)
            process.kill()
    with started(tmp_path) as (_, served):
        [job] = ended(served)
        assert (job["state"], job["error"]["code"]) == ("failed", "interrupted")
        assert served.ask("GET", "plugins")["total"] == 0
        assert leftovers(tmp_path) == []


@pytest.mark.parametrize("moment", [0.0, 0.004, 0.016, 0.064])
def test_an_upload_that_was_acknowledged_survives_a_kill(tmp_path: Path, moment: float) -> None:
    slugs = ["Clock", "Map", "Sun"]
    with started(tmp_path) as (process, served):
        promised = {upload(served, bundles.bundle(slug)) for slug in slugs}
        time.sleep(moment)
        process.kill()
    with started(tmp_path) as (_, served):
        found = ended(served)
        assert {job["id"] for job in found} == promised
        assert {job["state"] for job in found} == {"done"}, found
        assert {job["result"]["slug"] for job in found} == set(slugs)
        assert served.ask("GET", "plugins")["total"] == len(slugs)
        assert leftovers(tmp_path) == []


def test_a_job_that_was_cancelled_stays_so_after_a_kill(tmp_path: Path, source: Source) -> None:
    with started(tmp_path) as (process, served):
        job = served.ask("POST", "plugins", {"source_url": source.url})
        assert source.asked.acquire(timeout=10)
        served.ask("POST", f"plugins/jobs/{job['id']}/cancel")
        process.kill()
    source.go.set()
    with started(tmp_path) as (_, served):
        assert [job["state"] for job in jobs(served)] == ["cancelled"]
        assert leftovers(tmp_path) == []


async def test_an_upload_that_comes_while_the_server_starts_is_kept(hub: Hub) -> None:
    files, runner = hub.app[keys.JOBS]._files, hub.app[keys.JOBS]._runner
    (hub.data / "upload").write_bytes(BUNDLE)
    await files.keep("a" * 32, hub.data / "upload")  # its row comes after it
    await runner.recover()
    assert await files.holds("a" * 32)
