import sys
from typing import Any

import pytest

from pluginhub.errors import HookAnswerError, HookError, MissingExtraError
from pluginhub.lifecycle.hook_calls import ask
from pluginhub.lifecycle.status import status
from pluginhub.managers import interpreter
from tests import bundles
from tests.lifecycle.conftest import Shelf, id_of
from tests.lifecycle.plugins import existing, hooked, of_family

SCHEMA = {
    "properties": {"zone": {"type": "string", "default": "UTC"}, "seen": {"type": "object"}},
    "additionalProperties": False,
}


async def test_a_hook_gets_what_it_has_to_know_and_its_configuration_is_kept(
    shelf: Shelf,
) -> None:
    seeing = """
    def on_install(self, context):
        context.config["seen"] = {
            "user": [context.user_id, context.user_name],
            "release": [context.slug, context.version],
            "zone": context.config["zone"],
            "files": sorted(path.name for path in context.files.iterdir()),
            "scratch": [path.name for path in context.scratch.iterdir() if path.is_file()],
        }
        (context.scratch / "mine").write_text("gone soon")
    """
    await shelf.publish(hooked(seeing, config_schema=SCHEMA))
    ann = await shelf.user()
    await shelf.install(ann, "Clock")
    seen = (await shelf.installation(ann)).config["seen"]
    assert seen == {
        "user": [ann.user_id, "ann"],
        "release": ["Clock", "1.0.0"],
        "zone": "UTC",
        "files": ["dist", "hooks.py", "pluginhub.json"],
        "scratch": [],
    }


async def test_a_hook_that_changes_nothing_leaves_defaults_out_of_what_the_user_set(
    shelf: Shelf,
) -> None:
    await shelf.publish(hooked("def on_disable(self, context): pass", config_schema=SCHEMA))
    ann = await shelf.user()
    await shelf.install(ann, "Clock")
    await shelf.disable(ann, "Clock")
    assert (await shelf.installation(ann)).config == {}


async def test_a_default_that_a_hook_leaves_alone_does_not_become_the_users(shelf: Shelf) -> None:
    schema = {"properties": {"zone": {"default": "UTC"}, "dial": {"default": "round"}}}
    methods = "def on_install(self, context): context.config.update(dial='square', more=1)"
    await shelf.publish(hooked(methods, config_schema={**schema, "additionalProperties": True}))
    ann = await shelf.user()
    await shelf.install(ann, "Clock")
    assert (await shelf.installation(ann)).config == {"dial": "square", "more": 1}


async def test_a_configuration_that_cannot_be_kept_fails_the_hook(shelf: Shelf) -> None:
    ann = await shelf.user()
    changes = [
        ("context.config['zone'] = 5", "its own schema refuses: zone: "),
        ("context.config['zone'] = 'x' * 70000", "cannot be kept: the configuration has"),
        ("object.__setattr__(context, 'config', [])", "config: "),
        ("context.config['zone'] = float('nan')", "JSON"),
        ("sys.exit()", "SystemExit"),
    ]
    for number, (change, words) in enumerate(changes):
        methods = f"def on_install(self, context):\n    {change}"
        await shelf.publish(hooked(methods, version=f"{number}.0.0", config_schema=SCHEMA))
        with pytest.raises(HookError, match=words):
            await shelf.install(ann, "Clock", f"{number}.0.0")
    assert await shelf.state() == [[], [], [], [], []]


async def test_what_a_plugin_exports_is_asked_for_without_a_change(shelf: Shelf) -> None:
    methods = """
    def export_user_data(self, context):
        context.config["zone"] = "CET"
        return {"mine": context.config}
    """
    await shelf.publish(hooked(methods))
    ann = await shelf.user()
    installation = await shelf.install(ann, "Clock")
    assert (await ask(shelf.resources, installation, "export"))["user_data"] == {
        "mine": {"zone": "CET"}
    }
    assert await shelf.installation(ann) == installation


@pytest.mark.timeout(60)  # some thirty processes
async def test_existing_packages_of_several_families_come_answer_move_on_and_go(
    shelf: Shelf,
) -> None:
    ann = await shelf.user()
    for name in ("settings", "base_class", "functions", "rag", "evaluator", "values", "unbuilt"):
        for version in ("1.0.0", "2.0.0"):
            await shelf.publish(of_family(name, version, name))
        await shelf.install(ann, name, "1.0.0")
        expected = "unhealthy" if name == "unbuilt" else "healthy"
        assert (await status(shelf.resources, id_of(ann), name)).status == expected, name
        await shelf.update(ann, name)
        assert (await shelf.installation(ann, name)).release.version == "2.0.0"
        await shelf.uninstall(ann, name)
    assert (await shelf.state())[:4] == [[], [], [], []]


async def test_existing_packages_hand_the_users_settings_from_release_to_release(
    shelf: Shelf,
) -> None:
    records = """
await db.execute(text("UPDATE plugin SET config_fields = json_object('size', 5)"))
"""
    await shelf.publish(existing("1.0.0", records=records))
    await shelf.publish(existing("2.0.0"))
    ann = await shelf.user()
    installation = await shelf.install(ann, "Notes", "1.0.0")
    assert installation.attributes == {"config_fields": {"size": 5}}
    await shelf.update(ann, "Notes")
    assert (await shelf.installation(ann, "Notes")).attributes == installation.attributes


async def test_existing_packages_have_no_hooks_for_switches(shelf: Shelf) -> None:
    await shelf.publish(existing())
    ann = await shelf.user()
    await shelf.install(ann, "Notes")
    calls = (await shelf.resources.registry.statistics()).managers[0].calls
    await shelf.disable(ann, "Notes")
    await shelf.enable(ann, "Notes")
    assert (await shelf.resources.registry.statistics()).managers[0].calls == calls == 1


async def test_a_release_without_hooks_needs_no_process(shelf: Shelf) -> None:
    for version in ("1.0.0", "2.0.0"):
        await shelf.publish(bundles.bundle(version=version))
    ann = await shelf.user()
    await shelf.install(ann, "Clock", "1.0.0")
    for verb in (shelf.update, shelf.roll_back):
        await verb(ann, "Clock")
    await shelf.configure(ann, "Clock", zone="UTC")
    await shelf.disable(ann, "Clock")
    await shelf.uninstall(ann, "Clock")
    assert (await shelf.resources.registry.statistics()).loads == 0
    assert shelf.resources.registry._launcher._server is None


async def test_a_plugin_moves_from_one_kind_of_hooks_to_the_other_and_back(shelf: Shelf) -> None:
    importing = """
    def import_user_data(self, context, data):
        context.config["imported"] = sorted(data["user_data"])

    def export_user_data(self, context):
        return {"user_data": {"plugin_config": {}}}
    """
    await shelf.publish(existing("1.0.0"))
    await shelf.publish(hooked(importing, "Notes", "2.0.0"))
    await shelf.publish(bundles.bundle("Notes", "3.0.0"))
    ann = await shelf.user()
    await shelf.install(ann, "Notes", "1.0.0")
    await shelf.update(ann, "Notes", "2.0.0")
    config = (await shelf.installation(ann, "Notes")).config
    assert config == {"imported": ["export_timestamp", "modules_config", "plugin_config"]}
    for version in ("1.0.0", "3.0.0", "1.0.0"):
        await shelf.update(ann, "Notes", version)
        assert (await shelf.installation(ann, "Notes")).config == config


@pytest.mark.skipif(sys.platform == "win32", reason="the command is built otherwise there")
async def test_without_the_extra_existing_packages_are_published_and_not_installed(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    def command(module: str) -> list[str]:
        blocking = "import sys, runpy; sys.modules['sqlalchemy'] = None; "
        run = f"runpy.run_module({module!r}, run_name='__main__', alter_sys=True)"
        return [sys.executable, "-I", "-B", "-X", "utf8", "-c", blocking + run]

    monkeypatch.setattr("pluginhub.managers.forked.command", command)
    assert interpreter.command("x") != command("x")
    await shelf.publish(existing())
    await shelf.publish(hooked("def on_install(self, context): context.config['a'] = 1"))
    ann = await shelf.user()
    with pytest.raises(MissingExtraError, match=r"pluginhub\[braindrive\]") as caught:
        await shelf.install(ann, "Notes")
    assert caught.value.fields["slug"] == "Notes"
    assert await shelf.installed() == []
    assert (await shelf.last_entry()).result == "missing-extra"
    await shelf.install(ann, "Clock")
    assert (await shelf.installation(ann)).config == {"a": 1}


async def test_an_answer_without_rows_is_not_used(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    await shelf.publish(existing())
    ann = await shelf.user()

    async def call(*_: Any) -> dict[str, Any]:
        return {"details": {}}

    monkeypatch.setattr("pluginhub.lifecycle.hook_calls.call", call)
    with pytest.raises(HookAnswerError, match="rows: required"):
        await shelf.install(ann, "Notes")
    assert await shelf.installed() == []
