import os
from pathlib import Path

import pytest

from pluginhub.care.migration import source
from pluginhub.care.migration.source import Source
from tests.care.migration.old_system import ANN, BEN, CLEO, DASHED, managed, oldest, put, template


def found(root: Path) -> list[tuple[str | None, str, str | None]]:
    return [(it.owner, it.name, it.version) for it in source.find(root).copies]


def reasons(result: Source) -> dict[str, str]:
    return {it.path: it.reason for it in result.skipped}


@pytest.mark.parametrize(
    ("place", "owner", "name"),
    [
        (f"{ANN}/{ANN}_Chat", ANN, "Chat"),
        (f"{ANN}/Chat", ANN, "Chat"),
        (f"{ANN}/my_Chat", ANN, "my_Chat"),
        (f"{ANN}/{BEN}_Chat", ANN, f"{BEN}_Chat"),
        (f"{DASHED}/Chat", CLEO, "Chat"),
        (f"{DASHED}/{CLEO}_Chat", CLEO, "Chat"),
        (f"{CLEO.upper()}/Chat", CLEO, "Chat"),
        (f"user_{ANN}/Chat", ANN, "Chat"),
        ("Chat", None, "Chat"),
        ("pluginA", None, "pluginA"),
    ],
)
def test_whose_copy_it_is_and_what_it_is_called(
    tmp_path: Path, place: str, owner: str | None, name: str
) -> None:
    put(tmp_path / place, oldest())
    assert found(tmp_path) == [(owner, name, None)]
    assert source.find(tmp_path).users == ({owner} if owner else set())


def test_an_id_that_is_no_uuid_becomes_one_that_stays_the_same(tmp_path: Path) -> None:
    put(tmp_path / "user_jane/Chat", template())
    [(owner, name, _)] = found(tmp_path)
    assert owner is not None
    assert (len(owner), name) == (32, "Chat")
    assert found(tmp_path) == [(owner, name, None)]


def test_the_shared_layout_with_its_mistakes(tmp_path: Path) -> None:
    put(tmp_path / "shared/Chat/v1.4.0", managed(version="1.4.0"))
    put(tmp_path / "shared/Chat/vv1.5.0", managed(version="1.5.0"))
    put(tmp_path / "shared/Chat/v2", {"endpoints.py": "raise SystemExit"})
    (tmp_path / "shared/Chat/v1").symlink_to("v1.4.0")
    (tmp_path / "shared/Chat/v9").mkdir()
    (tmp_path / "shared/Chat/notes").mkdir()
    result = source.find(tmp_path)
    assert [(it.name, it.version) for it in result.copies] == [("Chat", "1.4.0"), ("Chat", "1.5.0")]
    assert reasons(result) == {
        "shared/Chat/v1": "it is a link, which is not followed",
        "shared/Chat/v2": "it is an alias, without a plugin in it",
        "shared/Chat/v9": "it is an alias, without a plugin in it",
        "shared/Chat/notes": "it is no directory of a version",
    }


def test_what_belongs_to_the_old_system_itself_is_passed_over(tmp_path: Path) -> None:
    put(tmp_path, {"manifest.json": "{}", "cache/version_registry.json": "{}", ".git/config": ""})
    put(tmp_path / ANN / "node_modules/x", template())
    result = source.find(tmp_path)
    assert (result.copies, result.skipped, result.users) == ([], [], set())


def test_what_is_not_taken_is_named_with_its_reason(tmp_path: Path) -> None:
    put(tmp_path / ANN / "Chat", template())
    (tmp_path / ANN / "Empty").mkdir()
    (tmp_path / ANN / "a b").mkdir()
    (tmp_path / ANN / "a b/x.txt").touch()
    (tmp_path / ANN / "Linked").symlink_to("Chat")
    (tmp_path / BEN).symlink_to(ANN)
    (tmp_path / "readme.txt").touch()
    os.mkfifo(tmp_path / ANN / "pipe")
    result = source.find(tmp_path)
    assert [it.name for it in result.copies] == ["Chat"]
    assert result.users == {ANN}
    assert reasons(result) == {
        f"{ANN}/Empty": "it is empty",
        f"{ANN}/a b": "there is no plugin in it",
        f"{ANN}/Linked": "it is a link, which is not followed",
        BEN: "it is a link, which is not followed",
        "readme.txt": "it is a file, where a directory is looked for",
    }
