"""Every command of the README and the documents is run, as it stands there."""

import json
import re
import shlex
import shutil
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

import pluginhub
from pluginhub.events.signing import Signer
from pluginhub.manifest import parse
from tests import bundles, documentation
from tests.care.migration import old_system as old
from tests.cli.running import must, run, running, serving
from tests.conftest import Hub, settings
from tests.events.receiver import SETTINGS, receiving
from tests.web.conftest import serving as serving_hub

pytestmark = pytest.mark.timeout(60)  # several processes start

ROOT = Path(pluginhub.__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
TEXT = "\n".join(path.read_text(encoding="utf-8") for path in DOCUMENTS)
OF_OTHERS = ("docker ", "sudo ", "systemctl ", "HUB_SITE=")  # what tests/deploy looks at
COMMANDS = [
    line for block in re.findall(r"```sh\n(.*?)```", TEXT, re.DOTALL) for line in block.splitlines()
]


def test_the_commands_for_use_work_in_their_order(tmp_path: Path) -> None:
    sample = Path(pluginhub.__file__).parent / "demo/bundles/Dashboard-1.0.0.tar.gz"
    shutil.copy(sample, tmp_path / "bundle.tar.gz")
    commands = [shlex.split(line) for line in COMMANDS if line.startswith("pluginhub ")]
    assert len(commands) == 12
    with ExitStack() as stack:
        for _, *arguments in commands:
            if arguments == ["serve"]:
                stack.enter_context(serving(tmp_path))
            elif arguments[0] == "dev":
                with running(*arguments, cwd=tmp_path) as command:
                    assert "hello-world 0.1.0+dev." in command.first_line
            else:
                said = must(*arguments, cwd=tmp_path)
                assert said
        assert "Dashboard   1.0.0     1" in must("list", cwd=tmp_path)


def test_all_other_commands_are_run_by_ci() -> None:
    script = (ROOT / ".ci/run").read_text(encoding="utf-8")
    others = [line for line in COMMANDS if not line.startswith(("pluginhub ", *OF_OTHERS))]
    assert len(others) == 2
    for line in others:
        last = line.rpartition("/")[2]
        assert f"readme_command '{last}'" in script


def test_the_manifests_in_the_readme_are_valid() -> None:
    first, requirements = (json.loads(text) for text in blocks("json"))
    assert parse(json.dumps(first).encode()).slug == "Weather_Panel"
    assert parse(json.dumps({**first, **requirements}).encode()).dependencies == {"Charts": "^3"}


async def test_the_hooks_in_the_readme_do_what_it_says(hub: Hub) -> None:
    _, code = blocks("python")
    for version in ("1.0.0", "2.0.0"):
        content = bundles.files(version=version, hooks="hooks.py") | {"hooks.py": code.encode()}
        await hub.publish(bundles.tar_gz(content))
    ann = await hub.sign_in(await hub.add_user("ann"))
    await hub.install("Clock", ann, "1.0.0")
    path = "/api/plugins/Clock"
    async with hub.client.get(f"{path}/status", headers=ann) as answer:
        status = await answer.json()
    assert (status["status"], status["config"]) == ("healthy", {"place": "Hamburg"})
    nowhere = {"config": {"place": "nowhere"}}
    await hub.client.put(f"{path}/config", json=nowhere, headers=ann)
    async with hub.client.put(f"{path}/update", json={}, headers=ann) as answer:
        assert (answer.status, (await answer.json())["code"]) == (502, "hook-failed")
        assert "choose a place first" in await answer.text()


async def test_a_signature_is_verified_as_the_readme_says(tmp_path: Path) -> None:
    scope: dict[str, Any] = {}
    exec(blocks("python")[0], scope)  # noqa: S102 - of our documentation
    config = settings(tmp_path / "data").model_copy(update={"publish": SETTINGS})
    async with receiving() as receiver, serving_hub(config) as hub:
        new = {"url": receiver.url}
        async with hub.client.post("/api/webhooks", json=new, headers=hub.operator) as answer:
            secret = (await answer.json())["secret"]
        await hub.publish(bundles.bundle())
        await receiver.got(1)
    signature, body = receiver.headers[0]["X-Pluginhub-Signature"], receiver.bodies[0]
    assert scope["is_genuine"](secret, signature, body)
    assert not scope["is_genuine"]("other", signature, body)
    assert not scope["is_genuine"](secret, signature, body + b" ")
    old = Signer(b"k").signature("x", 1000, body)
    assert not scope["is_genuine"](Signer(b"k").secret("x"), old, body)


def blocks(language: str) -> list[str]:
    """Return the code in the documentation that is marked as of a language."""
    return re.findall(rf"```{language}\n(.*?)```", TEXT, re.DOTALL)


def test_the_page_for_operators_of_the_old_system_shows_what_is_printed(tmp_path: Path) -> None:
    for user in (old.ANN, old.BEN):
        chat = old.template("BrainDriveChat", "1.0.9")
        old.put(tmp_path / f"plugins/{user}/{user}_BrainDriveChat", chat)
    patched = old.template("BrainDriveChat", "1.0.9", note="patched")
    old.put(tmp_path / f"plugins/{old.DASHED}/BrainDriveChat", patched)
    old.put(tmp_path / "plugins/BrainDriveSettings", old.oldest("BrainDriveSettings"))
    (tmp_path / f"plugins/{old.BEN}/notes").mkdir()
    names = {old.ANN: "ann", old.BEN: "ben", old.CLEO: "cleo"}
    people = [{"id": key, "username": name, "email": None} for key, name in names.items()]
    rows = [old.plugin_row(old.ANN, "BrainDriveChat", "1.0.9")]
    old.application(tmp_path / "app.db", users=people, plugin=rows)
    for block in blocks("console"):
        command, *shown = block.splitlines()
        done = run(*shlex.split(command.removeprefix("$ pluginhub ")), cwd=tmp_path)
        assert [without_times(line) for line in done.stdout.splitlines()] == [
            without_times(line) for line in shown
        ]
        assert done.returncode == 3


def without_times(line: str) -> str:
    return re.sub(r"[0-9.]+ s\b|[0-9TZ]{16}-[0-9a-f]{4}", "...", line)


@pytest.mark.parametrize("name", documentation.TABLES)
def test_tables_are_made_of_the_code(name: str) -> None:
    text = (ROOT / "docs" / name).read_text(encoding="utf-8")
    made = documentation.with_table(text, documentation.TABLES[name]())
    assert text == made, "python -m tests.documentation makes them anew"


def test_every_reason_to_refuse_a_bundle_is_named() -> None:
    text = (ROOT / "docs/problems.md").read_text(encoding="utf-8")
    assert [reason for reason in documentation.reasons() if f"`{reason}`" not in text] == []


def test_the_readme_is_short_and_leads_to_every_document() -> None:
    assert len(README.splitlines()) <= 600
    others = [path.name for path in DOCUMENTS[1:]]
    assert [name for name in others if f"`docs/{name}`" not in README] == []


def test_every_file_that_is_named_is_there() -> None:
    named = re.findall(r"[`(]((?:docs|deploy|bench|tests|pluginhub)/[\w./-]+)[`)]", TEXT)
    assert [path for path in set(named) if not (ROOT / path).exists()] == []
