"""The whole examination."""

import asyncio

from pluginhub.care.doctor import contents, exposure, machine, work
from pluginhub.care.doctor.case import Case
from pluginhub.care.doctor.findings import Finding
from pluginhub.database import checkup

_DAY = 24 * 3600  # seconds
_ORDER = ("error", "warning", "note")


async def examine(case: Case) -> list[Finding]:
    """Return everything that is wrong or will be, the worst first; nothing is changed."""
    async with case.database.snapshot() as connection:
        rows = await checkup.look(connection, case.database.now() - _DAY)
    found = [
        *await work.examine(case),
        *await asyncio.to_thread(machine.examine, case, rows),
        *exposure.examine(case),
        *await contents.examine(case, rows),
    ]
    return sorted(found, key=lambda finding: _ORDER.index(finding.severity))
