"""The native API: what is wrong with the server, or will be."""

from typing import Any

from aiohttp import web
from pydantic import BaseModel, ConfigDict

from pluginhub.care.doctor.case import Case
from pluginhub.care.doctor.examine import examine
from pluginhub.care.doctor.findings import Severity
from pluginhub.storage.data_directory import DataDirectory
from pluginhub.web import keys
from pluginhub.web.operations import Answer, operation

_EXAMPLE: dict[str, Any] = {
    "findings": [
        {
            "code": "disk-low",
            "severity": "warning",
            "cause": "4 % of the disk of /srv/pluginhub/data are free, 2147483648 bytes",
            "mend": "free some space",
        }
    ]
}


class FindingAnswer(BaseModel):
    """Something that is wrong or will be: the cause in one sentence, and what mends it."""

    code: str
    severity: Severity
    cause: str
    mend: str


class Examination(Answer):
    """Everything that was found, the worst first."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    findings: list[FindingAnswer]


def case_of(app: web.Application) -> Case:
    """Return what is to be examined of an application that runs."""
    config, safe_mode = app[keys.CONFIG], app[keys.SAFE_MODE]
    return Case(
        config=config,
        data=DataDirectory.at(config.storage.plugins_base_dir),
        database=app[keys.DATABASE],
        registry=app[keys.RESOURCES].registry,
        cleanup=app[keys.CLEANUP],
        backups=app[keys.BACKUPS],
        last_look=app[keys.LAST_LOOK],
        safe_mode=safe_mode,
        works=not (safe_mode or app[keys.FOR_A_MOMENT]),
        stranger=app[keys.PROXIES].stranger,
    )


@operation()
async def show(request: web.Request) -> Examination:
    """Answer everything that is wrong with the server or will be, the worst first."""
    return Examination(
        findings=[
            FindingAnswer(code=it.code, severity=it.severity, cause=it.cause, mend=it.mend)
            for it in await examine(case_of(request.app))
        ]
    )
