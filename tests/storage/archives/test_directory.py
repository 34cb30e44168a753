import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from pluginhub.errors import BadBundleError
from pluginhub.storage.archives.directory import read
from pluginhub.storage.archives.entry import CHUNK, Budget, Limits


def content(folder: Path, budget: Budget | None = None) -> list[tuple[str, bytes | None]]:
    return [
        (entry.name, None if entry.is_directory else b"".join(entry.chunks))
        for entry in read(folder, budget or Budget(Limits(), 10**9))
    ]


def reason(folder: Path, budget: Budget | None = None) -> str:
    with pytest.raises(BadBundleError) as caught:
        content(folder, budget)
    return caught.value.reason


def test_a_directory_is_read_by_name(tmp_path: Path) -> None:
    (tmp_path / "b" / "empty").mkdir(parents=True)
    (tmp_path / "b" / "z.js").write_bytes(b"z")
    (tmp_path / "b" / "a.js").write_bytes(b"")
    (tmp_path / "a.txt").write_bytes(b"hello")
    (tmp_path / "c.txt").write_bytes(b"c")
    assert sorted(content(tmp_path), key=lambda item: item[0]) == [
        ("a.txt", b"hello"),
        ("b", None),
        ("b/a.js", b""),
        ("b/empty", None),
        ("b/z.js", b"z"),
        ("c.txt", b"c"),
    ]


def test_an_empty_directory_is_nothing(tmp_path: Path) -> None:
    assert content(tmp_path) == []


def test_what_is_left_out_is_not_looked_into(tmp_path: Path) -> None:
    for name in (".git", "node_modules", "__pycache__"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "link").symlink_to("/")
    (tmp_path / ".env").symlink_to("/")
    (tmp_path / "a").write_bytes(b"a")
    assert content(tmp_path, Budget(Limits(entries=1), 10)) == [("a", b"a")]


@pytest.mark.parametrize("to", ["a", "/etc", "/etc/passwd", "missing", "."])
def test_a_link_is_refused_wherever_it_points(tmp_path: Path, to: str) -> None:
    (tmp_path / "a").write_bytes(b"a")
    (tmp_path / "link").symlink_to(to)
    assert reason(tmp_path) == "link"


def test_a_message_about_an_odd_name_is_readable(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"\xff\n\x1b")).symlink_to("/")
    with pytest.raises(BadBundleError) as caught:
        content(tmp_path)
    assert str(caught.value).isascii()
    assert str(caught.value).isprintable()


def make_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))


@pytest.mark.parametrize("make", [os.mkfifo, make_socket])
def test_a_special_file_is_refused_and_not_opened(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, make: Callable[[Path], None]
) -> None:
    monkeypatch.chdir(tmp_path)
    make(Path("special"))
    assert reason(tmp_path) == "special-file"


def test_a_file_that_becomes_a_link_meanwhile_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"a")
    entry = next(read(tmp_path, Budget(Limits(), 100)))
    (tmp_path / "a").unlink()
    (tmp_path / "a").symlink_to("/etc/passwd")
    with pytest.raises(OSError, match="symbolic links"):
        next(entry.chunks)


def test_content_comes_in_bounded_pieces(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(bytes(CHUNK + 1))
    entry = next(read(tmp_path, Budget(Limits(), 10**9)))
    assert [len(piece) for piece in entry.chunks] == [CHUNK, 1]


@pytest.mark.parametrize(("entries", "refused"), [(3, False), (2, True)])
def test_files_and_directories_are_counted(tmp_path: Path, entries: int, refused: bool) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "b" / "c").write_bytes(b"")
    budget = Budget(Limits(entries=entries), 100)
    if refused:
        assert reason(tmp_path, budget) == "too-many-entries"
    else:
        assert len(content(tmp_path, budget)) == entries


@pytest.mark.parametrize(("unpacked", "refused"), [(10, False), (9, True)])
def test_bytes_are_counted_as_they_are_read(tmp_path: Path, unpacked: int, refused: bool) -> None:
    (tmp_path / "a").write_bytes(b"12345")
    (tmp_path / "b").write_bytes(b"67890")
    budget = Budget(Limits(unpacked=unpacked), 100)
    if refused:
        assert reason(tmp_path, budget) == "too-large"
    else:
        assert len(content(tmp_path, budget)) == 2
