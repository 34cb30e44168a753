import signal
import time
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import served_in
from tests.cli.running import Running, serving

pytestmark = pytest.mark.timeout(60)  # several processes start


def waits_for(server: Running, text: str) -> str:
    """Return the log when it says something."""
    end = time.monotonic() + 20
    while text not in server.log():
        assert time.monotonic() < end, server.log()
        time.sleep(0.1)
    return server.log()


def sweep(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = served_in(folder).ask("GET", "plugins/system/stats")["cleanup"]
    return found


def test_a_saved_file_changes_a_running_server(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text("[cleanup]\ninterval = 3600\n")
    with serving(tmp_path) as server:
        assert sweep(tmp_path)["last_at"] is None
        file.write_text("[cleanup]\ninterval = 1\n[server]\nmax_connections = 500\n")
        log = waits_for(server, "these settings change with the next start")
        assert "cleanup.interval" in log
        assert "server.max_connections" in log.partition("next start")[2]
        end = time.monotonic() + 10
        while sweep(tmp_path)["last_at"] is None:
            assert time.monotonic() < end
            time.sleep(0.1)


def test_a_wrong_setting_changes_nothing_and_is_told(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    with serving(tmp_path) as server:  # there is no file yet
        file.write_text("[cleanup]\nintervall = 1\n")
        log = waits_for(server, "the settings stay as they were")
        assert "did you mean cleanup.interval?" in log
        file.write_text("[cleanup]\ninterval = 7\n")
        assert "cleanup.interval" in waits_for(server, "settings changed")


def test_an_editor_may_replace_the_file(tmp_path: Path) -> None:
    file = tmp_path / "config.toml"
    file.write_text("[cleanup]\ninterval = 3600\n")
    with serving(tmp_path) as server:
        (tmp_path / "new").write_text("[cleanup]\ninterval = 7\n")
        (tmp_path / "new").rename(file)
        waits_for(server, "settings changed")


def test_a_signal_makes_it_read_the_settings_again(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("[cleanup]\ninterval = 3600\n")
    with serving(tmp_path) as server:
        time.sleep(1.5)  # it has looked at the file
        server.process.send_signal(signal.SIGHUP)
        (tmp_path / "config.toml").write_text("[cleanup]\ninterval = 7\n")
        waits_for(server, "settings changed")
        assert served_in(tmp_path).ask("GET", "managers")
