import os
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from pluginhub.storage.removal import remove, remove_or_leave
from tests.storage.forms import files_below


def test_what_is_not_there_is_no_error(tmp_path: Path) -> None:
    remove(tmp_path / "nothing")
    assert remove_or_leave(tmp_path / "nothing")


def test_files_links_and_trees_are_removed_and_what_links_lead_to_stays(tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    (kept / "below").mkdir(parents=True)
    (kept / "below/file").write_bytes(b"kept")
    kept.chmod(0o500)
    tree = tmp_path / "tree"
    (tree / "a/b").mkdir(parents=True)
    (tree / "a/b/file").write_bytes(b"x")
    (tree / "a/link").symlink_to(kept)
    (tree / "dangling").symlink_to("nowhere")
    (tmp_path / "link").symlink_to(kept)
    for path in (tree, tmp_path / "link"):
        remove(path)
    assert files_below(tmp_path) == {"kept/below/file": b"kept"}
    assert [path.name for path in tmp_path.iterdir()] == ["kept"]
    assert kept.stat().st_mode & 0o777 == 0o500


@pytest.mark.timeout(60)  # thousands of directories
def test_a_tree_of_any_depth_is_removed(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    tree.mkdir()
    here = os.open(tree, os.O_RDONLY)
    for _ in range(3000):
        os.mkdir("a" * 50, dir_fd=here)
        below = os.open("a" * 50, os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(here)
    remove(tree)
    assert list(tmp_path.iterdir()) == []


def test_directories_that_cannot_be_read_are_removed(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    (tree / "a/b").mkdir(parents=True)
    (tree / "a/b/file").write_bytes(b"x")
    for folder in (tree / "a/b", tree / "a", tree):
        folder.chmod(0)
    if os.getuid() == 0:
        _as_nobody(tree)
    else:
        remove(tree)
    assert list(tmp_path.iterdir()) == []


def _as_nobody(tree: Path) -> None:
    """Remove a tree as an account that modes mean something to."""
    nobody = 65534
    os.chown(tree.parent, nobody, nobody)
    for path in (tree, tree / "a", tree / "a/b"):
        os.chown(path, nobody, nobody)
    pid = os.fork()
    if pid == 0:
        try:
            os.chdir(tree.parent)
            os.setgid(nobody)
            os.setuid(nobody)
            remove(Path(tree.name))
            os._exit(0)
        finally:
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


def test_what_cannot_be_removed_stays_and_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def rmdir(path: Path) -> None:
        raise PermissionError(1, "not permitted", str(path))

    (tmp_path / "tree").mkdir()
    monkeypatch.setattr(Path, "rmdir", rmdir)
    with capture_logs() as lines:
        assert not remove_or_leave(tmp_path / "tree")
    assert [line["path"] for line in lines] == [str(tmp_path / "tree")]
    assert (tmp_path / "tree").is_dir()
    with pytest.raises(PermissionError):
        remove(tmp_path / "tree")
