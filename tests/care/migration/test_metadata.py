import json
from pathlib import Path

import pytest

from pluginhub.care.migration import metadata, source
from pluginhub.care.migration.metadata import Reference
from tests.care.migration.old_system import ANN, put


def test_both_forms_of_what_is_installed_are_read(tmp_path: Path) -> None:
    design = {
        "version": "1.4.0",
        "shared_path": "/srv/plugins/shared/Chat/v1.4.0",
        "installed_at": "2025-03-01T10:00:00",
        "enabled": False,
        "user_config": {"color": "red"},
        "installation_metadata": {"source_url": "https://github.com/o/chat"},
    }
    code = {"installation_metadata": {"source_url": "https://github.com/o/r"}}
    path = {"shared_path": "C:\\plugins\\shared\\Notes\\vv2.0.0"}
    said = {"Chat": design, "Rag": code, "Notes": path}
    put(tmp_path / f"users/user_{ANN}", {"installed_plugins.json": json.dumps(said)})
    assert source.find(tmp_path).references == [
        Reference(
            ANN,
            "Chat",
            "1.4.0",
            installed=True,
            enabled=False,
            config={"color": "red"},
            installed_at=1740823200,
            source_url="https://github.com/o/chat",
        ),
        Reference(ANN, "Rag", None, installed=True, source_url="https://github.com/o/r"),
        Reference(ANN, "Notes", "2.0.0", installed=True),
    ]


def test_where_copies_came_from_is_read(tmp_path: Path) -> None:
    remote = {
        "plugin_id": f"{ANN}_Chat",
        "version": "v1.0.3",
        "repo_url": "https://github.com/o/chat",
        "installed_at": "2025-03-01T10:00:00Z",
    }
    notes = {
        f"{ANN}_Chat_remote.json": json.dumps(remote),
        f"{ANN}_Own_local.json": json.dumps({"filename": "own.zip"}),
        "other.json": "{}",
    }
    put(tmp_path / ANN / ".metadata", notes)
    result = source.find(tmp_path)
    assert result.references == [
        Reference(
            ANN,
            f"{ANN}_Chat",
            "v1.0.3",
            installed=False,
            installed_at=1740823200,
            source_url="https://github.com/o/chat",
        ),
        Reference(ANN, f"{ANN}_Own", None, installed=False),
    ]
    assert [it.path for it in result.skipped] == [f"{ANN}/.metadata/other.json"]


@pytest.mark.parametrize(
    ("content", "reason"),
    [("{", "it is no JSON"), ("[]", "it is no JSON object"), ("[" * 100_000, "nested too deep")],
)
def test_a_broken_file_is_skipped_with_its_reason(
    tmp_path: Path, content: str, reason: str
) -> None:
    put(tmp_path / f"users/user_{ANN}", {"installed_plugins.json": content})
    result = source.find(tmp_path)
    assert result.references == []
    [skipped] = result.skipped
    assert reason in skipped.reason
    assert result.users == {ANN}


def test_values_of_another_kind_say_nothing(tmp_path: Path) -> None:
    said = {"Chat": {"enabled": "yes", "user_config": [], "installed_at": 7, "version": 1}, "B": 3}
    put(tmp_path / f"users/user_{ANN}", {"installed_plugins.json": json.dumps(said)})
    assert source.find(tmp_path).references == [
        Reference(ANN, "Chat", None, installed=True),
        Reference(ANN, "B", None, installed=True),
    ]


@pytest.mark.parametrize("text", ["", "yesterday", "0000-00-00", "9" * 50])
def test_what_is_no_time_is_none(text: str) -> None:
    assert metadata.moment(text) is None
