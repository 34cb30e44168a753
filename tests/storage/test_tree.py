import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from pluginhub.storage import tree
from tests.storage.forms import listing


@pytest.fixture(name="root")
def _root(tmp_path: Path) -> Path:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "canary").write_bytes(b"sings")
    (tmp_path / "root").mkdir()
    return tmp_path / "root"


@pytest.fixture(name="no_umask")
def _no_umask() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


def descriptors() -> int:
    return len(list(Path("/dev/fd").iterdir()))


@pytest.mark.usefixtures("no_umask")
def test_a_file_is_created_read_only_with_its_directories(root: Path) -> None:
    size, digest = tree.write_file(root, ("a", "b", "c.js"), [b"one", b"", b"two"])
    assert (size, digest) == (6, hashlib.sha256(b"onetwo").hexdigest())
    assert listing(root) == {"a": None, "a/b": None, "a/b/c.js": b"onetwo"}
    modes = [(root / path).stat().st_mode & 0o7777 for path in ("a", "a/b", "a/b/c.js")]
    assert modes == [0o755, 0o755, 0o444]


def test_an_empty_file_is_a_file(root: Path) -> None:
    assert tree.write_file(root, ("x",), []) == (0, hashlib.sha256().hexdigest())
    assert listing(root) == {"x": b""}


def test_an_existing_name_is_never_written(root: Path) -> None:
    tree.write_file(root, ("a",), [b"first"])
    with pytest.raises(FileExistsError):
        tree.write_file(root, ("a",), [b"second"])
    assert listing(root) == {"a": b"first"}


@pytest.mark.parametrize("to", ["../outside", "..", "/", "missing"])
@pytest.mark.parametrize("parts", [("link", "x"), ("link", "a", "x"), ("a", "link", "x")])
def test_a_link_on_the_way_is_not_followed(root: Path, to: str, parts: tuple[str, ...]) -> None:
    (root / "a").mkdir()
    (root.joinpath(*parts[: parts.index("link")]) / "link").symlink_to(to)
    with pytest.raises(OSError, match=r"Not a directory|symbolic links"):
        tree.write_file(root, parts, [b"x"])
    assert listing(root.parent / "outside") == {"canary": b"sings"}
    assert not (root / "missing").exists()


@pytest.mark.parametrize("to", ["../outside/canary", "../outside/new"])
def test_a_link_in_the_place_of_the_file_is_not_followed(root: Path, to: str) -> None:
    (root / "link").symlink_to(to)
    with pytest.raises(FileExistsError):
        tree.write_file(root, ("link",), [b"x"])
    assert listing(root.parent / "outside") == {"canary": b"sings"}


def test_a_link_in_the_place_of_the_root_is_not_followed(root: Path) -> None:
    root.rmdir()
    root.symlink_to("outside")
    with pytest.raises(OSError, match=r"Not a directory|symbolic links"):
        tree.write_file(root, ("x",), [b"x"])
    assert listing(root.parent / "outside") == {"canary": b"sings"}


def test_a_file_in_the_place_of_a_directory_is_an_error(root: Path) -> None:
    tree.write_file(root, ("a",), [])
    with pytest.raises(NotADirectoryError):
        tree.write_file(root, ("a", "b"), [])


def broken() -> Iterator[bytes]:
    yield b"begun"
    raise LookupError


@pytest.mark.parametrize("parts", [("b",), ("a", "b"), ("a", "link", "b"), ("a", "file", "b")])
def test_nothing_stays_open_after_a_failure(root: Path, parts: tuple[str, ...]) -> None:
    (root / "a").mkdir()
    (root / "a" / "file").touch()
    (root / "a" / "link").symlink_to(root)
    before = descriptors()
    with pytest.raises((OSError, LookupError)):
        tree.write_file(root, parts, broken())
    with pytest.raises(OSError, match=r"No such|Not a directory"):
        tree.open_file(root, (*parts[:-1], "missing"))
    assert descriptors() == before


def test_a_file_is_opened_for_reading(root: Path) -> None:
    tree.write_file(root, ("a", "b"), [b"content"])
    with os.fdopen(tree.open_file(root, ("a", "b")), "rb") as stream:
        assert stream.read() == b"content"


@pytest.mark.parametrize("parts", [("link", "canary"), ("file",), ("a", "file")])
def test_a_file_behind_a_link_is_not_opened(root: Path, parts: tuple[str, ...]) -> None:
    (root / "a").mkdir()
    (root / "link").symlink_to("../outside")
    (root / "file").symlink_to("../outside/canary")
    (root / "a" / "file").symlink_to("/etc/passwd")
    with pytest.raises(OSError, match=r"Not a directory|symbolic links"):
        tree.open_file(root, parts)


def test_every_directory_is_synced_after_what_is_in_it(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for parts in (("a", "b", "x"), ("a", "y"), ("c", "z")):
        tree.write_file(root, parts, [b"x"])
    synced = list[Path]()
    monkeypatch.setattr(tree, "sync_directory", synced.append)
    tree.sync(root)
    assert set(synced) == {root, root / "a", root / "a" / "b", root / "c"}
    assert synced[-1] == root
    assert synced.index(root / "a" / "b") < synced.index(root / "a")


def test_without_descriptors_of_directories_the_paths_are_used(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tree, "_POSIX", False)
    tree.write_file(root, ("a", "b"), [b"content"])
    with pytest.raises(FileExistsError):
        tree.write_file(root, ("a", "b"), [b"other"])
    tree.sync(root)
    with os.fdopen(tree.open_file(root, ("a", "b")), "rb") as stream:
        assert stream.read() == b"content"
