"""SQL of what somebody should look at."""

from dataclasses import dataclass

from pluginhub.database import unused_releases
from pluginhub.database.connection import Connection, fetch_all, fetch_one


@dataclass(frozen=True, slots=True)
class Checkup:
    """What rows tell of how things are.

    Attributes:
        admins: Accounts of admins who may sign in.
        yanked: Withdrawn releases that users have, with how many do.
        waiting: Releases whose hooks wait for an approval.
        hooked: How many releases have hooks.
        with_extra: How many of them, that users have, need the extra for existing packages.
        webhooks: Ids of webhooks whose last event was not taken.
        failed_jobs: How many failed since the moment that was asked about.
        last_sweep: The time that the last sweep went by, seconds since 1970; None before it.
    """

    users: int
    admins: int
    yanked: dict[str, int]
    waiting: list[str]
    webhooks: list[str]
    hooked: int
    with_extra: int
    failed_jobs: int
    last_sweep: int | None


async def look(connection: Connection, since: int) -> Checkup:
    """Return what rows tell.

    Args:
        connection: Reads.
        since: Seconds since 1970, for jobs that failed.
    """
    numbers = await fetch_one(
        connection,
        "SELECT (SELECT count(*) FROM users) AS users,"
        " (SELECT count(*) FROM users WHERE role = 'admin' AND enabled) AS admins,"
        " (SELECT count(*) FROM releases WHERE contract IS NOT NULL) AS hooked,"
        " (SELECT count(*) FROM releases WHERE contract = 'braindrive' AND approved_at IS NOT NULL"
        "  AND EXISTS (SELECT 1 FROM installations WHERE release_id = releases.id)) AS with_extra,"
        " (SELECT count(*) FROM jobs WHERE state = 'failed' AND updated_at >= ?) AS failed_jobs",
        (since,),
    )
    if numbers is None:
        raise AssertionError("a query without a table has a row")
    yanked = await fetch_all(
        connection,
        "SELECT r.slug || '@' || r.version AS name, count(*) AS users"
        " FROM releases r JOIN installations i ON i.release_id = r.id"
        " WHERE r.yanked_at IS NOT NULL GROUP BY r.id ORDER BY r.slug, r.id",
    )
    waiting = await fetch_all(
        connection,
        "SELECT slug || '@' || version AS name FROM releases"
        " WHERE contract IS NOT NULL AND approved_at IS NULL ORDER BY slug, id",
    )
    webhooks = await fetch_all(
        connection,
        "SELECT id FROM webhooks WHERE enabled AND (SELECT error FROM webhook_deliveries"
        " WHERE webhook_id = webhooks.id ORDER BY number DESC LIMIT 1) IS NOT NULL"
        " ORDER BY created_at, id",
    )
    return Checkup(
        **{name: int(numbers[name]) for name in numbers.keys()},  # noqa: SIM118 - a Row
        yanked={row["name"]: row["users"] for row in yanked},
        waiting=[row["name"] for row in waiting],
        webhooks=[row["id"] for row in webhooks],
        last_sweep=await unused_releases.last_time(connection),
    )
