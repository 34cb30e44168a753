"""The page of sweeps: what the last one did, and what the next one would do."""

from collections.abc import Mapping

from aiohttp import web

from pluginhub.care.cleanup import Report
from pluginhub.web import keys
from pluginhub.web.pages import rendering

_SHOWN = 100  # releases


async def show(request: web.Request) -> web.Response:
    """Answer what a sweep would remove now, and what it would keep and why; nothing is removed."""
    cleanup = request.app[keys.CLEANUP]
    preview = await cleanup.preview()
    return await rendering.render(
        request,
        "status_cleanup.html",
        cleanup=cleanup,
        last=cleanup.last,
        last_counts=_counts(cleanup.last) if cleanup.last else {},
        preview=preview,
        counts=_counts(preview),
        settings=request.app[keys.CONFIG].cleanup,
        shown=_SHOWN,
    )


def _counts(report: Report) -> Mapping[str, int]:
    """Return how much of what goes beside releases, without what is none."""
    leftovers = report.leftovers
    found = {
        "rows": sum(report.rows.values()),
        "strays": len(leftovers.strays),
        "rubbish": leftovers.rubbish,
        "variants": len(leftovers.variants),
    }
    return {name: number for name, number in found.items() if number}
