"""How tests examine a server."""

from dataclasses import replace
from typing import Any

from pluginhub.care.doctor.case import Case
from pluginhub.care.doctor.examine import examine
from pluginhub.config import Config
from pluginhub.web.api.doctor import case_of
from tests.conftest import Hub

# Of the machine that runs the tests, which may be any.
OF_MACHINES = {"sqlite-defect", "disk-low", "open-files", "sandbox-missing"}


def case(hub: Hub, **other: Any) -> Case:
    return replace(case_of(hub.app), **other)


def with_settings(hub: Hub, section: str, **values: Any) -> Case:
    """Return the case of a server that runs with other settings."""
    config = case_of(hub.app).config
    changed = getattr(config, section).model_copy(update=values)
    other: Config = config.model_copy(update={section: changed})
    return case(hub, config=other)


async def causes(found: Case) -> dict[str, str]:
    """Return the causes of everything that is found, by code."""
    findings = await examine(found)
    assert all(it.mend for it in findings)
    return {it.code: it.cause for it in findings if it.code not in OF_MACHINES}
