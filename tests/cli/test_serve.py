import json
import os
import resource
import signal
import socket
import sqlite3
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import psutil
import pytest

import pluginhub
from tests import bundles
from tests.cli.running import Running, environment, must, run, running, serving

pytestmark = pytest.mark.timeout(60)  # several processes start


def test_the_first_line_is_the_url_and_the_server_answers(tmp_path: Path) -> None:
    with serving(tmp_path) as server, urlopen(f"{server.first_line}/healthz") as answer:
        assert json.load(answer) == {"status": "ok"}


def test_sigterm_ends_it_with_exit_code_0_and_no_note_is_left(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        assert (tmp_path / "data/server.json").stat().st_mode & 0o777 == 0o600
        assert server.stop() == 0
    assert not (tmp_path / "data/server.json").exists()


def test_a_second_server_on_the_same_data_refuses_in_one_line(tmp_path: Path) -> None:
    with serving(tmp_path):
        second = run("serve", "--port", "0", cwd=tmp_path)
    assert second.returncode == 1
    assert second.stderr == (f"pluginhub: {tmp_path}/data is in use by another pluginhub process\n")


def test_after_a_kill_the_next_start_works_and_commands_do_not_use_the_old_note(
    tmp_path: Path,
) -> None:
    with serving(tmp_path) as server:
        server.kill()
    assert (tmp_path / "data/server.json").exists()
    must("user", "add", "ben", cwd=tmp_path)
    with serving(tmp_path):
        assert "ben" in must("user", "list", cwd=tmp_path)


def test_a_new_server_takes_the_note_of_an_old_one_away(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        server.kill()
    must("list", cwd=tmp_path)
    assert not (tmp_path / "data/server.json").exists()


def test_a_server_that_goes_away_is_told_in_one_line(tmp_path: Path) -> None:
    program = (
        "import json, socket; from pathlib import Path;"
        "from pluginhub.storage.data_directory import DataDirectory;"
        "data = DataDirectory.at(Path('data')); lock = data.lock();"
        "listener = socket.create_server(('127.0.0.1', 0)); port = listener.getsockname()[1];"
        "note = {'url': f'http://127.0.0.1:{port}', 'token': 'x'};"
        "data.server_file.write_text(json.dumps(note)); print('up', flush=True);"
        "well = listener.accept()[0]; well.recv(9999);"
        "well.sendall(b'HTTP/1.1 200 OK\\r\\nContent-Length: 0\\r\\n\\r\\n');"
        "listener.accept()[0].close()"
    )
    with running(cwd=tmp_path, program=("-W", "ignore", "-c", program)) as other:
        done = run("list", cwd=tmp_path)
        assert other.process.wait(5) == 0
    assert done.returncode == 1
    assert done.stderr.startswith("pluginhub: the server went away before it answered")


def test_a_wrong_data_directory_is_named_with_the_file_that_says_so(tmp_path: Path) -> None:
    (tmp_path / "my.toml").write_text("[storage]\nplugins_base_dir = '/proc/x'\n")
    done = run("--config", "my.toml", "list", cwd=tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith("pluginhub: my.toml: storage.plugins_base_dir: '/proc/x'")


def test_tables_are_whole_where_no_terminal_limits_them(tmp_path: Path) -> None:
    folder = tmp_path / ("long" * 40)
    assert f" {folder} " in must("--data-dir", folder, "config", cwd=tmp_path)


def test_the_demo_refuses_settings_that_it_would_not_use(tmp_path: Path) -> None:
    done = run("--data-dir", "mine", "demo", cwd=tmp_path)
    assert done.returncode == 2
    assert "--keep DIR" in done.stderr


def ask(folder: Path, method: str, path: str, content: bytes | None = None) -> Any:
    """Ask the server for something as its operator, and return what it answered."""
    note = json.loads((folder / "data/server.json").read_bytes())
    headers = {"Authorization": f"Bearer {note['token']}", "Content-Type": "application/json"}
    if content and not content.startswith(b"{"):
        headers["Content-Type"] = "application/gzip"
    with urlopen(Request(note["url"] + path, content, headers, method=method), timeout=10) as found:
        return json.load(found)


def test_a_server_without_memory_lives_on(tmp_path: Path) -> None:
    content = bundles.tar_gz({**bundles.files(), "large.wasm": os.urandom(6_000_000)})
    with serving(tmp_path) as server:
        pid = server.process.pid
        memory = psutil.Process(pid).memory_info().vms
        refused = 0
        for more in range(8):
            limit = memory + more * 1024 * 1024
            resource.prlimit(pid, resource.RLIMIT_AS, (limit, resource.RLIM_INFINITY))
            refused += is_refused(tmp_path, content)
        resource.prlimit(pid, resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        assert refused
        assert ask(tmp_path, "POST", "/api/plugins", content)["slug"] == "Clock"
        assert list((tmp_path / "data/staging").iterdir()) == []


def is_refused(folder: Path, content: bytes) -> bool:
    """Return whether a bundle is not taken: its connection is cut, or the answer is 503."""
    try:
        ask(folder, "POST", "/api/plugins", content)
    except HTTPError as error:
        if error.code != 503:
            raise
    except OSError:
        pass
    else:
        return False
    return True


def test_a_server_that_can_open_no_more_files_serves_again_later(tmp_path: Path) -> None:
    program = (
        "import resource, runpy; resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64));"
        "runpy.run_module('pluginhub', run_name='__main__')"
    )
    with running("serve", "--port", "0", cwd=tmp_path, program=("-c", program)) as server:
        host, port = server.first_line.removeprefix("http://").split(":")
        with ExitStack() as connections:
            for _ in range(100):
                connection = socket.create_connection((host, int(port)), timeout=10)
                connections.enter_context(connection)
                connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: hub\r\n\r\n")
            while "Too many open files" not in server.log():
                time.sleep(0.01)
        assert ask(tmp_path, "GET", "/healthz") == {"status": "ok"}
        assert ask(tmp_path, "POST", "/api/plugins", bundles.bundle())["created"]
        assert server.stop() == 0


SLEEPS = b"""
from pluginhub.hooks import *
class Hooks(LifecycleHooks):
    def on_install(self, context):
        import time
        time.sleep(60)
"""


def test_sigterm_ends_it_in_time_whatever_it_is_doing(tmp_path: Path) -> None:
    files = {**bundles.files(hooks="hooks.py"), "hooks.py": SLEEPS}
    with serving(tmp_path) as server, ExitStack() as connections:
        ask(tmp_path, "POST", "/api/plugins", bundles.tar_gz(files))
        ask(tmp_path, "POST", "/api/users", b'{"name": "ann"}')
        token = json.loads((tmp_path / "data/server.json").read_bytes())["token"]
        for line, more in [
            ("POST /api/plugins", "Content-Length: 1000000\r\n\r\nhalf of it"),
            ("POST /api/plugins/Clock/install?user=ann", "Content-Length: 0\r\n\r\n"),
            ("GET /static/vendor/swagger-ui/swagger-ui-bundle.js", "\r\n"),
            ("GET /healthz", ""),
        ]:
            host, port = server.first_line.removeprefix("http://").split(":")
            connection = connections.enter_context(socket.create_connection((host, int(port))))
            head = f"{line} HTTP/1.1\r\nHost: hub\r\nAuthorization: Bearer {token}\r\n{more}"
            connection.sendall(head.encode())
        while not any(it["running"] for it in ask(tmp_path, "GET", "/api/managers")["managers"]):
            pass
        assert list((tmp_path / "data/staging").iterdir()) != []
        assert server.stop() == 0  # or it takes more than 20 s
        assert "Traceback" not in server.log()
    assert list((tmp_path / "data/staging").iterdir()) == []
    assert "Clock" not in must("list", "--user", "ann", cwd=tmp_path)


@contextmanager
def busy(folder: Path) -> Iterator[tuple[Running, socket.socket]]:
    """Run a server with a request that waits for a hook, and the connection that it came by."""
    files = {**bundles.files(hooks="hooks.py"), "hooks.py": SLEEPS}
    (folder / "config.toml").write_text(
        "[publish]\nallow_http = true\nallow_private_networks = ['127.0.0.1/32']\n"
    )
    with serving(folder) as server:
        ask(folder, "POST", "/api/plugins", bundles.tar_gz(files))
        ask(folder, "POST", "/api/users", b'{"name": "ann"}')
        path = "/api/plugins/Clock/install?user=ann"
        with sent(folder, server, "POST", path, "Content-Length: 0\r\n") as connection:
            while not any(it["running"] for it in ask(folder, "GET", "/api/managers")["managers"]):
                pass
            yield server, connection


@contextmanager
def sent(
    folder: Path, server: Running, method: str, path: str, more: str = ""
) -> Iterator[socket.socket]:
    """Send a request as the operator."""
    host, port = server.first_line.removeprefix("http://").split(":")
    token = json.loads((folder / "data/server.json").read_bytes())["token"]
    head = f"Host: hub\r\nAuthorization: Bearer {token}\r\n{more}"
    with socket.create_connection((host, int(port)), timeout=15) as connection:
        connection.sendall(f"{method} {path} HTTP/1.1\r\n{head}\r\n".encode())
        yield connection


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 1), (signal.SIGINT, 130)])
def test_a_second_signal_stops_it_at_once_and_nothing_that_was_answered_is_lost(
    tmp_path: Path, number: signal.Signals, code: int
) -> None:
    with busy(tmp_path) as (server, _):
        workers = psutil.Process(server.process.pid).children(recursive=True)
        server.process.send_signal(signal.SIGTERM)
        while listens(server):
            time.sleep(0.01)
        assert server.process.poll() is None  # the request may go on
        server.process.send_signal(number)
        assert server.process.wait(5) == code
        assert "stopped at once" in server.log()
        gone, alive = psutil.wait_procs(workers, timeout=5)
        assert (bool(gone), alive) == (True, [])
    with serving(tmp_path):
        found = ask(tmp_path, "POST", "/api/plugins/system/verify")
        assert (found["releases"], found["faults"]) == (1, [])
        assert [user["name"] for user in ask(tmp_path, "GET", "/api/users")["users"]] == ["ann"]
        assert ask(tmp_path, "GET", "/api/plugins/installed?user=ann")["installations"] == []


def listens(server: Running) -> bool:
    host, port = server.first_line.removeprefix("http://").split(":")
    try:
        socket.create_connection((host, int(port)), timeout=5).close()
    except ConnectionRefusedError:
        return False
    return True


def test_event_streams_end_at_once_while_requests_go_on(tmp_path: Path) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as silent,
        busy(tmp_path) as (server, _),
    ):
        source = f"http://127.0.0.1:{silent.getsockname()[1]}/clock.zip"
        job = ask(tmp_path, "POST", "/api/plugins", json.dumps({"source_url": source}).encode())
        with sent(tmp_path, server, "GET", f"/api/plugins/jobs/{job['id']}/events") as stream:
            with sent(tmp_path, server, "GET", "/api/v1/events") as all_of_them:
                for connection, mark in ((stream, b"data: "), (all_of_them, b"retry: ")):
                    while mark not in connection.recv(4096):
                        pass
                server.process.send_signal(signal.SIGTERM)
                for connection in (stream, all_of_them):
                    while connection.recv(4096):
                        pass
            assert server.process.poll() is None
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(5) == 1


def test_without_users_it_says_how_to_make_one(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        assert server.process.stdout is not None
        assert f"{server.first_line}/welcome/" in server.process.stdout.readline()
        assert "pluginhub user add --admin NAME" in server.process.stdout.readline()


def test_a_port_that_is_taken_is_named_with_its_key(tmp_path: Path) -> None:
    with serving(tmp_path) as server:
        port = server.first_line.rpartition(":")[2]
        done = run("--data-dir", "other", "serve", "--port", port, cwd=tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith("pluginhub: flag: server.port: cannot listen on")


@pytest.mark.parametrize(
    ("toml", "message"),
    [
        ("[server]\nprot = 1\n", "bad.toml: server.prot: unknown key; did you mean server.port?"),
        ("[server]\nport = 'x'\n", "bad.toml: server.port: must be a whole number, not 'x'"),
        ("[sever]\n", "bad.toml: sever: unknown section; did you mean server?"),
        ("[server\n", "bad.toml: is not TOML: "),
    ],
)
def test_a_wrong_setting_stops_the_start_with_one_line(
    tmp_path: Path, toml: str, message: str
) -> None:
    (tmp_path / "bad.toml").write_text(toml)
    done = run("--config", "bad.toml", "serve", cwd=tmp_path)
    assert done.returncode == 1
    assert done.stderr.startswith(f"pluginhub: {message}")
    assert done.stderr.count("\n") == 1


def test_a_data_directory_that_cannot_be_written_stops_the_start(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = run("--data-dir", "file/data", "serve", "--port", "0", cwd=tmp_path)
    assert done.returncode == 1
    assert done.stderr == (
        f"pluginhub: flag: storage.plugins_base_dir: '{tmp_path}/file/data' cannot be written: "
        "Not a directory\n"
    )


def test_a_database_of_a_newer_version_stops_the_start(tmp_path: Path) -> None:
    must("list", cwd=tmp_path)
    connection = sqlite3.connect(tmp_path / "data/pluginhub.db")
    connection.execute("PRAGMA user_version = 999")
    connection.close()
    done = run("serve", "--port", "0", cwd=tmp_path)
    assert done.returncode == 1
    assert "the database has schema 999" in done.stderr


def test_config_prints_values_and_sources(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("[server]\nport = 1234\n[log]\nlevel = 'debug'\n")
    done = run(
        "--json",
        "config",
        cwd=tmp_path,
        environ=environment(PLUGINHUB_LOG_LEVEL="error", VERSION_RETENTION_DAYS="7"),
    )
    settings = json.loads(done.stdout)
    assert settings["server.port"] == {"value": 1234, "source": "config.toml"}
    assert settings["log.level"] == {"value": "error", "source": "PLUGINHUB_LOG_LEVEL"}
    assert settings["cleanup.version_retention_days"] == {
        "value": 7,
        "source": "VERSION_RETENTION_DAYS",
    }
    assert settings["server.host"]["source"] == "default"


def test_the_log_of_a_server_can_be_json(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("[log]\nformat = 'json'\n")
    with serving(tmp_path) as server:
        with urlopen(f"{server.first_line}/healthz?token=secret"):
            pass
        server.stop()
        lines = [json.loads(line) for line in server.log().splitlines()]
    line = next(line for line in lines if line["event"] == "request")
    assert (line["path"], line["status"]) == ("/healthz", 200)
    assert "secret" not in json.dumps(lines)


def test_manifest_schema_prints_json_schema(tmp_path: Path) -> None:
    schema = json.loads(must("manifest-schema", cwd=tmp_path))
    assert schema["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert "slug" in schema["required"]


def test_the_program_says_its_version(tmp_path: Path) -> None:
    assert must("--version", cwd=tmp_path) == f"pluginhub, version {pluginhub.__version__}\n"


def test_a_kept_demo_can_be_run_twice(tmp_path: Path) -> None:
    for _ in range(2):
        with running("demo", "--keep", "kept", cwd=tmp_path) as demo:
            with urlopen(demo.first_line) as page:
                assert page.status == 200
            assert demo.stop() == 0


def test_with_a_base_path_the_url_has_it_and_commands_find_the_server(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text(
        '[server]\nbase_path = "/hub"\nallowed_hosts = ["hub.example.org"]\n'
    )
    must("user", "add", "ann", cwd=tmp_path)  # without a server
    with serving(tmp_path) as server:
        assert server.first_line.endswith("/hub")
        with urlopen(f"{server.first_line}/healthz") as answer:
            assert answer.status == 200
        must("user", "add", "ben", cwd=tmp_path)
        assert {"ann", "ben"} <= set(must("user", "list", cwd=tmp_path).split())


def test_it_may_open_as_many_files_as_there_may_be_connections(tmp_path: Path) -> None:
    program = (
        "import resource, runpy;"
        "_, hard = resource.getrlimit(resource.RLIMIT_NOFILE);"
        "resource.setrlimit(resource.RLIMIT_NOFILE, (256, hard));"
        "runpy.run_module('pluginhub', run_name='__main__')"
    )
    with running("serve", "--port", "0", cwd=tmp_path, program=("-c", program)) as server:
        limits = Path(f"/proc/{server.process.pid}/limits").read_text(encoding="ascii")
    found = next(line for line in limits.splitlines() if line.startswith("Max open files"))
    assert int(found.split()[3]) >= 2500
