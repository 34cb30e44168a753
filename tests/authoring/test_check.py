"""What is said of whole bundles, and that publishing agrees."""

import json
from pathlib import Path

import pytest

from pluginhub.authoring.check import check
from pluginhub.errors import BadBundleError
from pluginhub.storage import bundle
from tests import bundles

ENTRY = b"var Clock = {get: (name) => ({'./Face': 1})[name]};"


def said(folder: Path, files: dict[str, bytes]) -> list[tuple[str, str]]:
    """Return severity and code of what is said of a bundle."""
    (folder / "bundle").write_bytes(bundles.tar_gz(files))
    return [(each.severity, each.code) for each in check(folder / "bundle")]


def good(**more: object) -> dict[str, bytes]:
    return {**bundles.files(**more), bundles.ENTRY: ENTRY}  # type: ignore[arg-type]


def test_of_a_good_bundle_only_its_size_is_said(tmp_path: Path) -> None:
    assert said(tmp_path, good()) == [("note", "size")]


def test_a_directory_is_checked_as_an_archive_is(tmp_path: Path) -> None:
    for name, content in good(hooks="hooks.py").items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)
    [error, _] = check(tmp_path)
    assert (error.code, error.file) == ("bundle-bad-manifest", "pluginhub.json")
    assert error.message == "hooks: the bundle has no 'hooks.py'"


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({bundles.ENTRY: b""}, ("warning", "module-not-exposed")),
        ({"hooks.py": b"def (:\n"}, ("error", "hooks-syntax")),
        ({"hooks.py": b"\x00"}, ("error", "hooks-syntax")),
        ({"src/App.tsx": b""}, ("note", "not-served")),
        ({".github/x": b""}, ("note", "left-out")),
        ({"con": b""}, ("error", "bundle-bad-name")),
    ],
)
def test_each_finding(tmp_path: Path, change: dict[str, bytes], expected: tuple[str, str]) -> None:
    hooks = {"hooks": "hooks.py"} if "hooks.py" in change else {}
    assert said(tmp_path, {**good(**hooks), **change}) == [expected, ("note", "size")]


def test_a_missing_entry_is_an_error_also_where_the_manifest_has_others(tmp_path: Path) -> None:
    files = good(verson="1")
    del files[bundles.ENTRY]
    assert said(tmp_path, files) == [
        ("error", "entry-missing"),
        ("error", "bundle-bad-manifest"),
        ("note", "size"),
    ]


@pytest.mark.parametrize(
    ("icon", "found"),
    [("Cloud", False), ("dist/face.png", False), ("./dist/face.png", False), ("no.svg", True)],
)
def test_an_icon_that_is_a_file_has_to_be_there(tmp_path: Path, icon: str, found: bool) -> None:
    codes = [code for _, code in said(tmp_path, good(icon=icon))]
    assert ("icon-missing" in codes) == found


def test_the_line_of_hooks_that_are_no_python_is_told_and_they_are_not_run(tmp_path: Path) -> None:
    text = f"open({str(tmp_path / 'ran')!r}, 'w')\nclass Hooks\n"
    said(tmp_path, {**good(hooks="hooks.py"), "hooks.py": text.encode()})
    [error, _] = check(tmp_path / "bundle")
    assert (error.file, error.line) == ("hooks.py", 2)
    assert not (tmp_path / "ran").exists()


def test_without_a_manifest_that_is_said(tmp_path: Path) -> None:
    assert said(tmp_path, {"a.js": b""})[0] == ("error", "bundle-no-manifest")


@pytest.mark.parametrize(
    "change",
    [
        {"pluginhub.json": b"{"},
        {"pluginhub.json": b'{"slug": 1}'},
        {"pluginhub.json": json.dumps(bundles.manifest(hooks="no.py")).encode()},
        {"pluginhub.json": b" " * (1024 * 1024 + 1)},
        {"a/../b": b""},
        {"nul.js": b""},
        {"Dist/remoteentry.js": b""},
    ],
)
def test_what_publishing_refuses_is_an_error_with_the_same_code(
    tmp_path: Path, change: dict[str, bytes]
) -> None:
    codes = {code for severity, code in said(tmp_path, {**good(), **change}) if severity == "error"}
    with pytest.raises(BadBundleError) as refused:
        bundle.unpack(tmp_path / "bundle", tmp_path / "tree")
    assert refused.value.code in codes
