from pathlib import Path

from pluginhub.authoring import package
from tests.packages.files import package as files_of
from tests.packages.template import source


def lifecycle_manager(folder: Path, text: bytes) -> Path:
    (folder / "lifecycle_manager.py").write_bytes(text)
    return folder


def test_a_good_package_has_no_findings(tmp_path: Path) -> None:
    content = files_of("Notes", "1.0.0", source())["lifecycle_manager.py"]
    said, found = package.read(lifecycle_manager(tmp_path, content))
    assert (said["slug"], found) == ("Notes", [])


DATA = b"""import os

plugin_data = {
    "name": "Notes",
    "version": "1.0.0",
    "plugin_slug": "Notes",
    "scope": "Notes",
    "description": os.environ["TEXT"],
}
module_data = [
    {"name": "Pad", "icon": os.name},
]
"""


def test_what_could_not_be_read_is_told_with_its_line(tmp_path: Path) -> None:
    _, found = package.read(lifecycle_manager(tmp_path, DATA))
    assert [(each.severity, each.line, each.message.partition(":")[0]) for each in found] == [
        ("warning", 8, "plugin_data.description"),
        ("warning", 11, "module_data[0].icon"),
    ]


def test_what_is_refused_is_told_with_its_line(tmp_path: Path) -> None:
    text = DATA.replace(b'"Notes",\n    "desc', b'3,\n    "desc').replace(b'"Pad"', b"os.name")
    _, found = package.read(lifecycle_manager(tmp_path, text))
    assert [(each.severity, each.line) for each in found] == [("error", 7), ("error", 11)]


def test_a_syntax_error_is_told_with_its_line(tmp_path: Path) -> None:
    _, [found] = package.read(lifecycle_manager(tmp_path, DATA.replace(b'"Notes",', b'"Notes"', 1)))
    assert (found.code, found.line) == ("bundle-bad-manifest", 5)


def test_nothing_of_it_is_executed(tmp_path: Path) -> None:
    text = f"open({str(tmp_path / 'ran')!r}, 'w')\n".encode() + DATA
    package.read(lifecycle_manager(tmp_path, text))
    assert not (tmp_path / "ran").exists()
