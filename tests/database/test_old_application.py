import sqlite3
from pathlib import Path

import pytest

from pluginhub.database.old_application import OldApplication
from pluginhub.errors import BadSourceError
from tests.care.migration.old_system import ANN, BEN, application, content, plugin_row


async def slugs(file: Path, folder: Path) -> list[str]:
    async with OldApplication.open(file, folder) as old:
        return [row["plugin_slug"] async for row in old.rows("plugin")]


@pytest.fixture(name="folder")
def _folder(tmp_path: Path) -> Path:
    (tmp_path / "copy").mkdir()
    return tmp_path / "copy"


async def test_rows_are_read_as_they_are(tmp_path: Path, folder: Path) -> None:
    rows = [plugin_row(ANN, "Chat"), plugin_row(BEN, "Notes", extra="x")]
    file = application(tmp_path / "old.db", plugin=rows)
    async with OldApplication.open(file, folder) as old:
        assert [row["plugin_slug"] async for row in old.rows("plugin")] == ["Chat", "Notes"]
        assert [row async for row in old.rows("users")] == []
        [found] = await old.of_user("plugin", (BEN, "other"))
        assert (found["plugin_slug"], found["extra"]) == ("Notes", "x")
        assert await old.of_user("module", (BEN,)) == []


@pytest.mark.parametrize("mode", ["delete", "wal"])
async def test_it_is_not_touched_while_the_application_runs(
    tmp_path: Path, folder: Path, mode: str
) -> None:
    (tmp_path / "app").mkdir()
    file = application(tmp_path / "app/old.db", plugin=[plugin_row(ANN, "Chat")])
    running = sqlite3.connect(file)
    running.execute(f"PRAGMA journal_mode = {mode}")
    running.execute("UPDATE plugin SET plugin_slug = 'Committed'")
    running.commit()
    before = content(tmp_path / "app")
    assert await slugs(file, folder) == ["Committed"]
    assert content(tmp_path / "app") == before
    running.execute("UPDATE plugin SET plugin_slug = 'Later'")  # nobody holds a lock
    running.commit()
    running.close()


async def test_what_is_being_written_is_not_read(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pluginhub.database.old_application._TRIES", 2)
    file = application(tmp_path / "old.db", plugin=[plugin_row(ANN, "Chat")])
    running = sqlite3.connect(file)
    running.execute("UPDATE plugin SET plugin_slug = 'Half'")
    with pytest.raises(BadSourceError, match="is written all the time"):
        await slugs(file, folder)
    running.rollback()
    assert await slugs(file, folder) == ["Chat"]
    running.close()


async def test_what_is_no_such_database_is_refused(tmp_path: Path, folder: Path) -> None:
    (tmp_path / "text").write_text("no database, but long enough to be looked at" * 100)
    with pytest.raises(BadSourceError, match="cannot be read as a database"):
        await slugs(tmp_path / "text", folder)
    other = application(tmp_path / "other.db", photos=[{"x": 1}])
    with pytest.raises(BadSourceError, match="has no table plugin"):
        await slugs(other, folder)
    with pytest.raises(BadSourceError, match="No such file"):
        await slugs(tmp_path / "missing", folder)
