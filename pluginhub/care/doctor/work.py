"""What does not go as it should in the background, and in hooks."""

import time
from collections.abc import AsyncIterator, Iterator

from pluginhub.care.doctor.case import Case
from pluginhub.care.doctor.findings import Finding, some
from pluginhub.errors import BadBackupError, InvalidError

_PATIENCE = 600  # seconds by which a sweep may be late
_LATE = 2  # times the interval that a backup may be old


async def examine(case: Case) -> list[Finding]:
    """Return what is wrong with what the server does by itself."""
    return [
        *_itself(case),
        *_cleanup(case),
        *[finding async for finding in _hooks(case)],
        *[finding async for finding in _backups(case)],
    ]


def _itself(case: Case) -> Iterator[Finding]:
    if case.safe_mode:
        yield Finding(
            "safe-mode",
            "it runs in safe mode: neither hooks nor jobs run, nothing is swept or backed up",
            "look in the log for what went wrong, mend it, and start the server again",
        )
    if case.last_look.fault:
        yield Finding(
            "database-damaged",
            f"the database is damaged: {case.last_look.fault}",
            "stop the server, and `pluginhub restore SOURCE`",
        )


def _cleanup(case: Case) -> Iterator[Finding]:
    cleanup = case.cleanup
    if cleanup.failures > 1 or (cleanup.failures and not cleanup.runs_now):
        yield Finding(
            "cleanup-failing",
            f"the last {cleanup.failures} sweeps failed",
            "look in the log for why, then `pluginhub cleanup`",
        )
    elif case.works and cleanup.overdue > _PATIENCE:
        yield Finding(
            "cleanup-late",
            f"a sweep is {cleanup.overdue:.0f} seconds late",
            "look in the log for what keeps it, then `pluginhub cleanup`",
        )


async def _hooks(case: Case) -> AsyncIterator[Finding]:
    managers = (await case.registry.statistics()).managers
    resting = sorted(f"{it.slug} {it.version}" for it in managers if it.circuit != "closed")
    if resting:
        yield Finding(
            "hooks-rest",
            f"hooks failed for several users in a row and rest for everybody: {some(resting)}",
            "pluginhub managers says why; publish a release that works, or use --skip-hooks",
        )


async def _backups(case: Case) -> AsyncIterator[Finding]:
    try:
        made_at = await case.backups.made_at()
    except BadBackupError as error:
        yield Finding("backup-unreadable", error.message, "remove that backup, and make another")
        return
    except InvalidError as error:
        yield Finding("backup-unreadable", error.message, "set backup.directory to another place")
        return
    interval = case.backups.interval
    if made_at is None:
        yield Finding(
            "backup-none",
            "there is no backup where backups go (backup.directory)",
            "pluginhub backup, and backup.interval = 86400 for one a day",
        )
    elif interval and (age := case.database.now() - made_at) > _LATE * interval:
        when = time.strftime("%Y-%m-%d %H:%M", time.gmtime(made_at))
        yield Finding(
            "backup-late",
            f"the last backup was made at {when} UTC, {age} seconds ago, and backup.interval is"
            f" {interval}",
            "look in the log for why none was made, then `pluginhub backup`",
        )
