import json
from pathlib import Path

import pytest

from pluginhub.care.migration.descriptions import describe
from pluginhub.errors import BadBundleError
from tests import bundles
from tests.care.migration.old_system import managed, oldest, plugin_json, put, template


def test_the_oldest_plugins_say_all_in_plugin_json(tmp_path: Path) -> None:
    found = describe(put(tmp_path, oldest("random-color", "2.0.0")), "random-color", None)
    manifest = found.manifest
    assert (manifest.slug, manifest.version, manifest.name) == (
        "random-color",
        "2.0.0",
        "The random-color",
    )
    assert (manifest.scope, manifest.entry) == ("randomcolor", "frontend/dist/remoteEntry.js")
    [module] = manifest.modules
    assert (module.name, module.display_name) == ("Face", "Face")
    assert module.required_services == {"theme": {"methods": ["x"], "version": "1"}}
    assert (found.contract, found.application["is_local"]) == (None, True)


def test_rows_of_a_database_are_read_as_well(tmp_path: Path) -> None:
    row = {
        "plugin_slug": "Chat",
        "name": "Chat",
        "version": "1.2.0",
        "scope": "Chat",
        "bundle_location": "dist/remoteEntry.js",
        "official": 1,
        "modules": [{"name": "Face", "display_name": "F", "config_fields": {}}],
    }
    found = describe(put(tmp_path, {"plugin.json": json.dumps(row)}), "x", None)
    assert (found.manifest.slug, found.manifest.modules[0].display_name) == ("Chat", "F")


def test_what_the_template_noted_is_read(tmp_path: Path) -> None:
    found = describe(put(tmp_path, template("Chat", "1.1.0")), "other", None)
    assert (found.manifest.slug, found.manifest.version) == ("Chat", "1.1.0")
    assert found.manifest.entry == "dist/remoteEntry.js"


def test_a_lifecycle_manager_is_read_and_not_run(tmp_path: Path) -> None:
    found = describe(put(tmp_path, managed("Chat", "1.4.0")), "other", "1.5.0")
    assert (found.manifest.slug, found.manifest.version) == ("Chat", "1.4.0")
    assert (found.contract, found.other_versions) == ("braindrive", {"directory": "1.5.0"})


def test_one_of_our_own_is_taken_as_it_is(tmp_path: Path) -> None:
    files = {name: raw.decode(errors="replace") for name, raw in bundles.files().items()}
    found = describe(put(tmp_path, files), "other", None)
    assert (found.manifest.slug, found.manifest.version) == ("Clock", "1.0.0")


def test_a_package_json_alone_is_enough_with_what_the_bundle_exposes(tmp_path: Path) -> None:
    files = {
        "package.json": json.dumps(
            {"name": "@me/chat", "version": "1.0.0", "author": {"name": "me"}}
        ),
        "dist/remoteEntry.js": 'var ChatScope;(()=>{var map={"./Face":()=>1,"./Other":()=>2}})',
    }
    found = describe(put(tmp_path, files), "Chat", None).manifest
    assert (found.slug, found.scope, found.author) == ("Chat", "ChatScope", "me")
    assert [module.name for module in found.modules] == ["Face", "Other"]


@pytest.mark.parametrize(
    ("said", "version", "others"),
    [
        ({"plugin.json": "2.0.0", "package.json": "1.0.0"}, "2.0.0", {"package.json": "1.0.0"}),
        ({"package.json": "1.0.0"}, "1.0.0", {}),
        ({"plugin.json": "v1.0.0", "package.json": "1.0.0"}, "1.0.0", {}),
        ({}, "3.0.0", {}),
    ],
)
def test_which_version_counts_and_what_else_is_said(
    tmp_path: Path, said: dict[str, str], version: str, others: dict[str, str]
) -> None:
    data = plugin_json("Chat")
    del data["version"]
    if "plugin.json" in said:
        data["version"] = said["plugin.json"]
    files = {"plugin.json": json.dumps(data)}
    if "package.json" in said:
        files["package.json"] = json.dumps({"version": said["package.json"]})
    found = describe(put(tmp_path, files), "Chat", None if said else "3.0.0")
    assert (found.manifest.version, dict(found.other_versions)) == (version, others)


def test_a_plugin_that_says_no_version_has_one_all_the_same(tmp_path: Path) -> None:
    data = {"plugin.json": json.dumps({"name": "Chat", "modules": [{"id": "my face"}]})}
    found = describe(put(tmp_path, data), "my-Chat", None).manifest
    assert (found.version, found.scope, found.modules[0].name) == ("0.0.0", "my_Chat", "myface")


def test_what_cannot_stand_in_a_manifest_and_is_not_needed_is_left_out(tmp_path: Path) -> None:
    odd = plugin_json(
        "Chat",
        icon="x" * 500,
        tags="a, b",
        permissions={"a": 1},
        dependencies={"react": "^18", "no slug!": "x"},
        author=7,
    )
    odd["modules"][0] |= {"priority": "high", "displayName": "x" * 500, "tags": None, "other": 1}
    found = describe(put(tmp_path, {"plugin.json": json.dumps(odd)}), "Chat", None)
    assert (found.manifest.icon, found.manifest.tags, found.manifest.author) == (None, [], None)
    assert (found.manifest.permissions, found.manifest.dependencies) == ([], {})
    [module] = found.manifest.modules
    assert (module.name, module.priority, module.display_name) == ("Face", 0, None)
    left_out = {text.partition(":")[0] for text in found.unread}
    assert left_out >= {"icon", "tags", "permissions", "author", "modules[0].priority"}


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ({"plugin.json": "{"}, "plugin.json"),
        ({"plugin.json": json.dumps(plugin_json("Chat", version="x y"))}, "version"),
        ({"plugin.json": json.dumps({**plugin_json("Chat"), "plugin_slug": "../x"})}, "slug"),
        ({"pluginhub.json": "{}"}, "slug: required"),
    ],
)
def test_what_says_nothing_sensible_is_refused_with_its_reason(
    tmp_path: Path, files: dict[str, str], reason: str
) -> None:
    with pytest.raises(BadBundleError, match=reason):
        describe(put(tmp_path, files), "Chat", None)


def test_a_directory_whose_name_is_no_slug_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadBundleError, match="slug"):
        describe(put(tmp_path, oldest("x")), "my chat", None)
