"""A sweep or a backup that somebody asked for is in the audit; one that runs by itself is not."""

from pathlib import Path

from pluginhub.web import keys
from tests.conftest import Hub
from tests.web.api.calling import ask


async def entries(hub: Hub) -> list[tuple[str, str]]:
    found = (await ask(hub, "GET", "../audit", hub.operator))["audit"]
    return [(it["action"], it["target"]) for it in found]


async def test_a_sweep_that_is_asked_for_is_recorded(hub: Hub) -> None:
    await hub.app[keys.CLEANUP].sweep()
    await ask(hub, "POST", "system/cleanup?dry_run=true", hub.operator)
    assert await entries(hub) == []
    await ask(hub, "POST", "system/cleanup", hub.operator)
    assert await entries(hub) == [("sweep", "shared storage")]


async def test_a_backup_that_is_asked_for_is_recorded(hub: Hub, tmp_path: Path) -> None:
    await hub.app[keys.BACKUPS].make(lambda _done, _total: None)
    assert await entries(hub) == []
    made = await ask(hub, "POST", "system/backup", hub.operator, {"target": str(tmp_path / "b")})
    assert await entries(hub) == [("backup", Path(made["path"]).name)]
