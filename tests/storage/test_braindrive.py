import json
from pathlib import Path
from typing import Any

import pytest

from pluginhub.errors import BadBundleError
from pluginhub.storage import braindrive
from tests.packages import FAILING, FAMILIES

PLUGIN = '"plugin_slug": "Clock", "name": "The clock", "version": "1.0.0", "scope": "Clock"'
MODULE = '{"name": "Face"}'


def tree(folder: Path, source: str | bytes, **files: bytes) -> Path:
    content = source.encode() if isinstance(source, str) else source
    (folder / "lifecycle_manager.py").write_bytes(content)
    for name, data in files.items():
        (folder / f"{name}.json").write_bytes(data)
    return folder


def written(plugin: str = "", module: str = MODULE, more: str = "") -> str:
    """Return a source; what ``plugin`` says twice counts as it says it last."""
    return f"import os\nplugin_data = {{{PLUGIN}, {plugin}}}\nmodule_data = [{module}]\n{more}\n"


def refused(folder: Path, source: str | bytes, **files: bytes) -> str:
    with pytest.raises(BadBundleError) as caught:
        braindrive.read(tree(folder, source, **files))
    assert caught.value.code == "bundle-bad-manifest"
    prefix, _, message = caught.value.message.partition(": ")
    assert prefix == "lifecycle_manager.py"
    return message


@pytest.mark.parametrize("name", [*FAMILIES, *FAILING])
def test_a_package_of_every_family_is_read(tmp_path: Path, name: str) -> None:
    family = {**FAMILIES, **FAILING}[name]
    for path, content in family("My-Things", "1.2.3").items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(content)
    package = braindrive.read(tmp_path)
    manifest = package.manifest
    assert (manifest.slug, manifest.version) == ("My-Things", "1.2.3")
    assert (manifest.scope, manifest.entry) == ("My_Things", "dist/remoteEntry.js")
    assert manifest.hooks == "lifecycle_manager.py"
    assert manifest.modules
    left_out = {"non_literal": ["plugin_data.config_fields.home.default"]}
    assert package.unread == left_out.get(name, [])
    others = {"disagreeing": {"package.json": "9.9.9"}}
    assert package.other_versions == others.get(name, {})


def test_what_a_manifest_has_no_place_for_is_kept_for_the_application(tmp_path: Path) -> None:
    source = written(
        '"description": "Shows time", "author": "Ann", "tags": None, "license": "MIT",'
        '"icon": "Clock", "category": "time", "permissions": ("api.access",),'
        '"homepage": "https://example.org", "type": "frontend", "official": True,'
        '"compatibility": "1.0.0", "latest_version": None, "dependencies": ["Sun"],'
        '"required_services_runtime": [{"name": os.name, "type": "python"}]'
    )
    package = braindrive.read(tree(tmp_path, source))
    found = package.manifest.model_dump(exclude_defaults=True)
    assert found == {
        "slug": "Clock",
        "name": "The clock",
        "version": "1.0.0",
        "scope": "Clock",
        "description": "Shows time",
        "author": "Ann",
        "license": "MIT",
        "homepage": "https://example.org",
        "icon": "Clock",
        "category": "time",
        "permissions": ["api.access"],
        "modules": [{"name": "Face"}],
        "hooks": "lifecycle_manager.py",
    }
    assert package.application == {
        "type": "frontend",
        "official": True,
        "compatibility": "1.0.0",
        "latest_version": None,
        "dependencies": ["Sun"],
        "required_services_runtime": [{"type": "python"}],
    }
    assert package.unread == ["plugin_data.required_services_runtime[0].name"]


def test_ranges_of_dependencies_are_the_manifests(tmp_path: Path) -> None:
    package = braindrive.read(tree(tmp_path, written('"dependencies": {"Sun": "^1"}')))
    assert package.manifest.dependencies == {"Sun": "^1"}
    assert package.application == {}


def test_all_keys_of_a_module_are_read(tmp_path: Path) -> None:
    module = {
        "name": "Face",
        "display_name": "Clock face",
        "description": "",
        "icon": "Clock",
        "category": "time",
        "tags": ["a"],
        "priority": 3,
        "props": {"a": 1},
        "config_fields": {"size": {"type": "number"}},
        "required_services": {"api": {"version": "1"}},
        "layout": {"minWidth": 1},
        "messages": {"sends": []},
        "dependencies": ["x"],
    }
    source = written(module=repr({**module, "enabled": True, "id": "face"}))
    (found,) = braindrive.read(tree(tmp_path, source)).manifest.modules
    assert found.model_dump() == module


@pytest.mark.parametrize(
    ("said", "key", "expected"),
    [
        ('"messages": ["text"]', "messages", {}),
        ('"messages": "text"', "messages", {}),
        ('"tags": None', "tags", []),
        ('"props": []', "props", {}),
        ('"layout": ""', "layout", {}),
        ('"dependencies": {}', "dependencies", []),
        ('"priority": None', "priority", 0),
        ('"display_name": None', "display_name", None),
    ],
)
def test_values_of_a_module_that_say_nothing_are_left_out(
    tmp_path: Path, said: str, key: str, expected: Any
) -> None:
    source = written(module=f'{{"name": "Face", {said}}}')
    (module,) = braindrive.read(tree(tmp_path, source)).manifest.modules
    assert getattr(module, key) == expected


@pytest.mark.parametrize(
    ("said", "expected"), [("1.5", "1.5"), ("2", "2"), ('"v1.2"', "1.2"), ('"1.0b1"', "1.0b1")]
)
def test_a_version_is_a_text(tmp_path: Path, said: str, expected: str) -> None:
    package = braindrive.read(tree(tmp_path, written(f'"version": {said}')))
    assert package.manifest.version == expected


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ('"./dist/entry.js"', "dist/entry.js"),
        ('"/dist/entry.js"', "dist/entry.js"),
        ('"entry.js"', "entry.js"),
        ("None", "dist/remoteEntry.js"),
        ('""', "dist/remoteEntry.js"),
    ],
)
def test_the_entry_is_where_the_bundle_is(tmp_path: Path, said: str, expected: str) -> None:
    package = braindrive.read(tree(tmp_path, written(f'"bundle_location": {said}')))
    assert package.manifest.entry == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [("My Clock", "my-clock"), ("The-Clock", "the-clock"), ("TheClock", "TheClock")],
)
def test_without_a_slug_the_name_of_the_package_is_taken(
    tmp_path: Path, name: str, expected: str
) -> None:
    package_json = json.dumps({"name": name}).encode()
    for slug in ("None", '""'):
        source = written(f'"plugin_slug": {slug}')
        package = braindrive.read(tree(tmp_path, source, package=package_json))
        assert package.manifest.slug == expected


def test_a_slug_that_is_computed_is_not_guessed(tmp_path: Path) -> None:
    message = refused(tmp_path, written('"plugin_slug": os.name'), package=b'{"name": "Clock"}')
    assert message == (
        "plugin_data.plugin_slug: is not a literal; add a pluginhub.json, or write the value out"
    )


@pytest.mark.parametrize(
    "content",
    [b"{", b"[]", b"\xff", b"[" * 100_000, b'{"version": 1, "name": 2}', b'{"version": "v1.0.0"}'],
    ids=["cut", "list", "no text", "deep", "numbers", "the same version"],
)
def test_a_package_json_that_says_nothing_else_is_ignored(tmp_path: Path, content: bytes) -> None:
    package = braindrive.read(tree(tmp_path, written(), package=content))
    assert package.other_versions == {}
    assert refused(tmp_path, written('"plugin_slug": None')) == "plugin_data.plugin_slug: required"


def test_another_version_in_package_json_is_told(tmp_path: Path) -> None:
    package_json = json.dumps({"version": "1.1.0" + "0" * 100}).encode()
    package = braindrive.read(tree(tmp_path, written(), package=package_json))
    assert package.other_versions == {"package.json": "1.1.0" + "0" * 59}


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (written('"scope": os.name'), "plugin_data.scope: is not a literal"),
        (written('"version": f()'), "plugin_data.version: is not a literal"),
        (written('"name": 1'), "plugin_data.name: Input should be a valid string"),
        (written('"version": True'), "plugin_data.version: Input should be a valid string"),
        (written('"plugin_slug": "a b"'), "plugin_data.plugin_slug: String should match"),
        (written('"bundle_location": "../x.js"'), "plugin_data.bundle_location: must be a rel"),
        (written('"bundle_location": 1'), "plugin_data.bundle_location: Input should be"),
        (written('"description": "x" + "' + "x" * 10_000 + '"'), "plugin_data.description: Str"),
        (written('"permissions": "api"'), "plugin_data.permissions: Input should be a valid list"),
        (written(module=""), "module_data: List should have at least 1 item"),
        (written(module="f()"), "module_data: is not a literal; add a pluginhub.json"),
        (written('"scope": None', module="f()"), "plugin_data.scope: required"),
        (written(module=f"f(), {MODULE}, {MODULE}"), "module_data: two modules are named Face"),
        (written(module='{"name": f()}'), "module_data[0].name: is not a literal"),
        (written(module=f'{MODULE}, {{"tags": []}}'), "module_data[1].name: required"),
        (written(module=f"{MODULE}, 5"), "module_data[1]: Input should be"),
        (written(module=f"{MODULE}, {MODULE}"), "module_data: two modules are named Face"),
        (written(module='{"name": "a", "priority": "1"}'), "module_data[0].priority: Input"),
        (written(module='{"name": "a", "props": [1]}'), "module_data[0].props: Input"),
        ("module_data = [{}]", "plugin_data: there is no literal of this name"),
        ("plugin_data = []\nmodule_data = []", "plugin_data: there is no literal"),
        ("plugin_data = {}", "module_data: there is no literal of this name; add a pluginhub"),
        ("plugin_data = {}\nmodule_data = [{}]", "plugin_data.name: required"),
        ("def (", "line 1: invalid syntax"),
        (b"\0", "line 1: "),
        (b"#" * (256 * 1024 + 1), "is larger than 262144 bytes"),
    ],
)
def test_what_is_missing_or_unfit_is_named(
    tmp_path: Path, source: str | bytes, expected: str
) -> None:
    assert expected in refused(tmp_path, source)


def test_a_source_of_the_largest_size_is_read(tmp_path: Path) -> None:
    source = written().encode()
    source += b"#" * (256 * 1024 - len(source))
    assert braindrive.read(tree(tmp_path, source)).manifest.slug == "Clock"


IN_A_CLASS = f"""
class AManager:
    PLUGIN_DATA = {{{PLUGIN}}}
    MODULE_DATA = [{MODULE}]
"""
IN_A_PROPERTY = f"""
class AManager:
    @property
    def plugin_data(self):
        data = {{{PLUGIN}}}
        return data

MODULE_DATA = [{MODULE}]
"""
IN_SEVERAL_PLACES = f"""
class AManager:
    async def early(self):
        self.plugin_data = None
        self.plugin_data = {{"name": "no slug"}}

    def __init__(self):
        self.plugin_data = self.load()
        self.module_data = [{MODULE}]

plugin_data = {{{PLUGIN}}}
"""


@pytest.mark.parametrize("source", [IN_A_CLASS, IN_A_PROPERTY, IN_SEVERAL_PLACES])
def test_the_data_may_stand_in_several_places(tmp_path: Path, source: str) -> None:
    package = braindrive.read(tree(tmp_path, source))
    assert (package.manifest.slug, package.manifest.modules[0].name) == ("Clock", "Face")
    assert package.unread == []


def test_without_any_slug_the_first_data_count(tmp_path: Path) -> None:
    first = PLUGIN.replace('"plugin_slug": "Clock", ', '"x": os.name, ')
    source = (
        f"import os\nplugin_data = {{{first}}}\nPLUGIN_DATA = {{'y': os.name}}\n"
        f"module_data = [{MODULE}]"
    )
    package = braindrive.read(tree(tmp_path, source, package=b'{"name": "Clock"}'))
    assert package.manifest.name == "The clock"
    assert package.unread == ["plugin_data.x"]


def test_nothing_is_executed(tmp_path: Path) -> None:
    trap = tmp_path / "executed"
    source = written(more=f"open({str(trap)!r}, 'w')\nraise SystemExit\n")
    assert braindrive.read(tree(tmp_path, source)).manifest.slug == "Clock"
    assert not trap.exists()


def test_many_large_candidates_share_one_limit(tmp_path: Path) -> None:
    candidate = f"plugin_data = [{'text, ' * 500}]\n"
    source = f"text = '{'x' * 1000}'\n{candidate * 3}module_data = [{MODULE}]"
    assert refused(tmp_path, source).endswith("is too large")
    assert "no literal" in refused(tmp_path, source.replace(candidate * 3, candidate))
