"""What somebody who writes a plugin sees of it, in a real Chromium."""

import shutil
import signal
import subprocess
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.browser.conftest import Demo, Visitor
from tests.cli.running import must, running

pytestmark = pytest.mark.timeout(180)  # a browser starts, and npm may have to build

Visit = Callable[..., Awaitable[Visitor]]


@contextmanager
def developing(demo: Demo, bundle: Path, user: str) -> Iterator[None]:
    """Run ``pluginhub dev``, and end it as Ctrl-C does."""
    arguments = ("--data-dir", demo.data, "dev", bundle, "--user", user)
    with running(*arguments, cwd=bundle) as command:
        yield
        command.process.send_signal(signal.SIGINT)
        assert command.process.wait(15) == 0, command.log()


async def test_what_is_saved_is_on_the_page_and_goes_again_at_the_end(
    demo: Demo, visit: Visit, tmp_path: Path
) -> None:
    must("new", "hello-world", "--without-build", cwd=tmp_path)
    entry = tmp_path / "hello-world/dist/remoteEntry.js"
    cleo, ben = await visit(), await visit()
    await cleo.sign_in(demo, "cleo")
    await ben.sign_in(demo, "ben")
    with developing(demo, tmp_path / "hello-world", "cleo"):
        await cleo.page.get_by_role("button", name="Clicked 0").click()
        await cleo.page.get_by_role("button", name="Clicked 1").wait_for()
        entry.write_text(entry.read_text().replace("Clicked", "Pressed"))
        await cleo.page.get_by_role("button", name="Pressed 0").wait_for()
        await ben.page.reload()
        await ben.state("ready")
        assert await ben.page.get_by_role("button", name="Pressed 0").count() == 0
    await cleo.page.get_by_role("button", name="Pressed 0").wait_for(state="detached")
    await cleo.state("ready")
    assert await cleo.page.locator(".plugin").count() == 1
    assert cleo.problems == []
    assert sorted(it.name for it in (demo.data / "shared").iterdir()) == [
        "Dashboard",
        "Weather_Panel",
    ]


@pytest.fixture(name="built", scope="session")
def _built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a new plugin that npm built."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("npm is not installed, so the plugin cannot be built")
    folder = tmp_path_factory.mktemp("new")
    must("new", "HelloWorld", cwd=folder)
    plugin = folder / "HelloWorld"
    for arguments in (["ci", "--ignore-scripts", "--no-audit", "--no-fund"], ["run", "build"]):
        subprocess.run([npm, *arguments], cwd=plugin, check=True, capture_output=True)
    return plugin


async def test_a_new_plugin_with_a_build_is_built_and_loads(
    demo: Demo, visit: Visit, built: Path
) -> None:
    assert "error" not in must("check", built / "bundle", cwd=built)
    ben = await visit()
    await ben.sign_in(demo, "ben")
    with developing(demo, built / "bundle", "ben"):
        await ben.page.get_by_role("button", name="Clicked 0").click()
        await ben.page.get_by_role("button", name="Clicked 1").wait_for()
        await ben.page.wait_for_load_state()
        assert not [url for url in ben.loaded if "node_modules_react" in url]
        assert ben.files("HelloWorld")
    assert ben.problems == []
