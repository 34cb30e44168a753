"""What is wrong with what there is: accounts, releases, jobs, files that came in vain."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

from pluginhub.care.doctor.case import Case
from pluginhub.care.doctor.findings import Finding, some
from pluginhub.database import remote_versions
from pluginhub.database.checkup import Checkup
from pluginhub.lifecycle import newer_at_source


async def examine(case: Case, rows: Checkup) -> list[Finding]:
    """Return what is wrong with rows, and with what waits for somebody."""
    failed = await asyncio.to_thread(_failed, case.data.incoming / "failed")
    newer = await _newer(case)
    return [*_accounts(rows), *_releases(rows), *_news(newer), *_in_vain(rows, failed)]


def _accounts(rows: Checkup) -> Iterator[Finding]:
    if not rows.admins:
        yield Finding(
            "no-admin",
            f"none of {rows.users} accounts is an admin who may sign in",
            "pluginhub user add --admin NAME",
        )


def _releases(rows: Checkup) -> Iterator[Finding]:
    if rows.yanked:
        names = some(f"{name} ({users} users)" for name, users in rows.yanked.items())
        yield Finding(
            "yanked-in-use",
            f"releases are withdrawn, and still in use: {names}",
            "pluginhub update SLUG --user NAME",
        )
    if rows.waiting:
        yield Finding(
            "approval-waiting",
            f"hooks of {len(rows.waiting)} releases do not run until an admin approves them:"
            f" {some(rows.waiting)}",
            f"pluginhub approve {rows.waiting[0]}",
        )


def _news(newer: list[str]) -> Iterator[Finding]:
    if newer:
        yield Finding(
            "updates-at-source",
            f"sources have newer releases than are published here: {some(newer)}",
            "pluginhub publish github:OWNER/REPOSITORY",
        )


def _in_vain(rows: Checkup, failed: list[str]) -> Iterator[Finding]:
    if rows.failed_jobs:
        yield Finding(
            "jobs-failed",
            f"{rows.failed_jobs} jobs failed in the last 24 hours",
            "GET /api/plugins/jobs says why; POST /api/plugins/jobs/ID/retry begins one again",
        )
    if rows.webhooks:
        yield Finding(
            "webhook-failing",
            f"the last event was not taken by webhooks: {some(rows.webhooks)}",
            f"pluginhub webhook deliveries {rows.webhooks[0]} says why",
        )
    if failed:
        yield Finding(
            "incoming-failed",
            f"bundles of the incoming folder were refused: {some(failed)}",
            "read the reason in incoming/failed, and remove them there",
        )


async def _newer(case: Case) -> list[str]:
    """Return plugins that somebody has, with the newer version that was seen at their source."""
    async with case.database.snapshot() as connection:
        tags = await remote_versions.tags_in_use(connection)
        published = await remote_versions.published(connection, sorted(tags)) if tags else {}
    found = {
        slug: newer_at_source.higher(tag, published[slug], prereleases=False)
        for slug, tag in tags.items()
    }
    return [f"{slug} {version}" for slug, version in sorted(found.items()) if version]


def _failed(folder: Path) -> list[str]:
    """Return the names of bundles in a folder, without the texts that say why."""
    if not folder.is_dir():
        return []
    names = {item.name for item in folder.iterdir()}
    return sorted(name for name in names if name.removesuffix(".txt") not in names - {name})
