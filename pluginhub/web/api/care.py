"""The native API: looking after the data directory."""

from pathlib import Path
from typing import Any, Self

from aiohttp import web
from pydantic import BaseModel, ConfigDict

from pluginhub.care.cleanup import Report
from pluginhub.care.verify import Code, Verifier
from pluginhub.errors import ConflictError, ForbiddenError, NoSpaceError, SafeModeError
from pluginhub.storage.data_directory import DataDirectory
from pluginhub.web import keys, tending
from pluginhub.web.api.catalogue import DryRun
from pluginhub.web.operations import Answer, Body, Query, operation
from pluginhub.web.queries import Switch

_REPORT: dict[str, Any] = {
    "dry_run": False,
    "removed": {"tokens": 3, "releases": 1, "strays": 0, "rubbish": 0, "variants": 1},
    "releases": [{"slug": "Dashboard", "version": "1.4.0", "bytes": 48210}],
    "strays": [],
    "kept": [
        {"slug": "Charts", "version": "2.0.0", "reason": "its retention ends in 12 days"},
    ],
    "bytes": 48210,
    "seconds": 0.21,
}


class RemovedRelease(BaseModel):
    """A release that is gone."""

    slug: str
    version: str
    bytes: int


class KeptRelease(BaseModel):
    """A release that nobody has and that stays."""

    slug: str
    version: str
    reason: str


class Repair(Query):
    """``repair=true`` quarantines what is wrong with files, puts back what a backup has."""

    repair: Switch = False


class FaultAnswer(BaseModel):
    """Something that is not as it should be; ``repair`` says what was done about it."""

    code: Code
    place: str
    detail: str
    repair: str | None


class Verification(Answer):
    """What was read, and what was wrong."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "releases": 10,
                    "files": 87,
                    "faults": [
                        {
                            "code": "damaged-file",
                            "place": "shared/Dashboard/v2.0.0/dist/remoteEntry.js",
                            "detail": "its digest is another",
                            "repair": None,
                        }
                    ],
                }
            ]
        }
    )

    releases: int
    files: int
    faults: list[FaultAnswer]


class CleanupReport(Answer):
    """What a sweep removed, or with ``dry_run`` would remove; what it left alone, and why.

    ``removed`` counts rows of tables that had run out, releases, strays (directories in shared
    storage without a row), rubbish (in staging and trash) and variants (releases whose compressed
    files went).
    """

    model_config = ConfigDict(json_schema_extra={"examples": [_REPORT]})

    dry_run: bool
    removed: dict[str, int]
    releases: list[RemovedRelease]
    strays: list[str]
    kept: list[KeptRelease]
    bytes: int
    seconds: float

    @classmethod
    def of(cls, report: Report, *, dry_run: bool) -> Self:
        """Return how a report is shown."""
        leftovers = report.leftovers
        return cls(
            dry_run=dry_run,
            removed={
                **report.rows,
                "releases": len(report.releases),
                "strays": len(leftovers.strays),
                "rubbish": leftovers.rubbish,
                "variants": len(leftovers.variants),
            },
            releases=[
                RemovedRelease(slug=it.slug, version=it.version, bytes=it.size)
                for it in report.releases
            ],
            strays=[str(path) for path in leftovers.strays],
            kept=[
                KeptRelease(slug=it.slug, version=it.version, reason=it.reason)
                for it in report.kept
            ],
            bytes=report.size,
            seconds=round(report.seconds, 3),
        )


class BackupOrder(Body):
    """Where to: a directory on the server's machine, which only its command line may name."""

    target: str | None = None


class BackupAnswer(Answer):
    """What was made; ``missing`` are releases whose files are not whole, and so are not in it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "path": "/srv/pluginhub/backups/20260501T093000Z",
                    "releases": 10,
                    "copied": 2,
                    "bytes": 96420,
                    "missing": [],
                    "removed": ["20260423T093000Z"],
                }
            ]
        }
    )

    path: str
    releases: int
    copied: int
    bytes: int
    missing: list[str]
    removed: list[str]


class WorkAnswer(BaseModel):
    """Something that is being done, and how far it is."""

    name: str
    done: int
    total: int


class WorkingAnswer(Answer):
    """What takes long and is being done."""

    working: list[WorkAnswer]


@operation(errors=(ConflictError, NoSpaceError))
async def backup(request: web.Request, body: BackupOrder) -> BackupAnswer:
    """Make a backup of rows and files while the server works."""
    if body.target is not None and request[keys.ACTOR].user_id is not None:
        raise ForbiddenError("only the command line on the server's machine chooses where to")
    target = Path(body.target) if body.target is not None else None
    made = await tending.back_up(request, target)
    return BackupAnswer(
        path=str(made.path),
        releases=made.releases,
        copied=made.copied,
        bytes=made.size,
        missing=made.missing,
        removed=made.removed,
    )


@operation()
async def working(request: web.Request) -> WorkingAnswer:
    """Answer what takes long and is being done: a verification, a backup."""
    works = request.app[keys.WORKING]
    return WorkingAnswer(
        working=[WorkAnswer(name=it.name, done=it.done, total=it.total) for it in works]
    )


@operation()
async def verify(request: web.Request, query: Repair) -> Verification:
    """Hold all of the database and every file against each other; it may take long."""
    data = DataDirectory.at(request.app[keys.CONFIG].storage.plugins_base_dir)
    backups = await request.app[keys.BACKUPS].directory()
    verifier = Verifier(request.app[keys.DATABASE], request.app[keys.STORAGE], data, backups)
    with request.app[keys.WORKING].on("verify") as progress:
        async with request.app[keys.CLEANUP].held():
            found = await verifier.verify(progress, repair=query.repair)
    if any(fault.repair for fault in found.faults):
        request.app[keys.MANIFESTS].clear()  # they tell of files that are not there any more
    return Verification(
        releases=found.releases,
        files=found.files,
        faults=[
            FaultAnswer(code=it.code, place=it.place, detail=it.detail, repair=it.repair)
            for it in found.faults
        ],
    )


@operation(errors=(SafeModeError,))
async def cleanup(request: web.Request, query: DryRun) -> CleanupReport:
    """Sweep: remove what has run out, releases that nobody has, and what belongs to nothing."""
    report = (
        await request.app[keys.CLEANUP].preview() if query.dry_run else await tending.sweep(request)
    )
    return CleanupReport.of(report, dry_run=query.dry_run)
