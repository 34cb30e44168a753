from pathlib import Path

import pytest

from pluginhub.authoring.contents import opened
from tests import bundles


def archive(folder: Path, files: dict[str, bytes]) -> Path:
    (folder / "bundle").write_bytes(bundles.tar_gz(files))
    return folder / "bundle"


def test_every_entry_that_is_refused_is_told_and_the_others_are_there(tmp_path: Path) -> None:
    files = {"a.js": b"1", "A.js": b"2", "con.js": b"3", "b/c.js": b"4", "../d": b"5"}
    with opened(archive(tmp_path, files)) as found:
        assert found.files == {"a.js": 1, "b/c.js": 1}
        assert (found.root / "b/c.js").read_bytes() == b"4"
    codes = sorted(each.code for each in found.found)
    assert codes == ["bundle-bad-name", "bundle-case-clash", "bundle-unsafe-path"]


def test_one_directory_around_everything_is_taken_off(tmp_path: Path) -> None:
    with opened(archive(tmp_path, {"top/a.js": b"1", "top/.git/x": b"2"})) as found:
        assert (found.files, found.left_out) == ({"a.js": 1}, {".git"})
        assert (found.root / "a.js").is_file()


def test_links_of_a_directory_are_all_told_and_nothing_is_changed(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).symlink_to("/etc/passwd")
    (tmp_path / "a.js").write_bytes(b"1")
    (tmp_path / "node_modules").mkdir()
    before = sorted(tmp_path.rglob("*"))
    with opened(tmp_path) as found:
        assert (found.files, found.left_out) == ({"a.js": 1}, {"node_modules"})
    assert sorted(each.file for each in found.found) == ["one", "two"]
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("content", [b"", b"nothing", bundles.bundle()[:-20]])
def test_what_is_no_archive_is_a_finding(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "bundle").write_bytes(content)
    with opened(tmp_path / "bundle") as found:
        assert len(found.found) == 1
