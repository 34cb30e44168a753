"""How a user's plugin is, by its own words and by what the server knows."""

from dataclasses import dataclass, field
from typing import Any

from pluginhub.database import installations
from pluginhub.errors import HookError, MissingExtraError
from pluginhub.lifecycle import answers, hook_calls
from pluginhub.lifecycle.resources import Resources
from pluginhub.models import Installation


@dataclass(frozen=True, slots=True)
class PluginStatus:
    """The state of an installation.

    Attributes:
        status: ``healthy``, ``unhealthy``, ``unknown``, ``files-missing`` or the code of the
            error by which its hook failed, for instance ``hooks-suspended``.
        message: One sentence; empty if there is nothing to say.
        details: What the plugin itself answered, JSON; empty if it answered nothing.
    """

    installation: Installation
    status: str
    message: str = ""
    details: Any = field(default_factory=dict)


async def status(resources: Resources, user_id: str, slug: str) -> PluginStatus:
    """Ask a user's plugin how it is; that its hook fails is an answer, not an error.

    Raises:
        NotFoundError: It is not installed.
    """
    async with resources.database.snapshot() as connection:
        installation = await installations.get(connection, user_id, slug)
    release = installation.release
    if not await resources.storage.holds(release):
        return PluginStatus(
            installation,
            "files-missing",
            f"the files of {release} are missing; publish it again",
        )
    if release.running_hooks is None:
        return PluginStatus(installation, "healthy")
    try:
        result = await hook_calls.ask(resources, installation, "status")
        answer = answers.read(answers.StatusAnswer, release, result).status
    except (HookError, MissingExtraError) as error:
        return PluginStatus(installation, error.code, error.message)
    details = {} if answer.details is None else answer.details
    return PluginStatus(installation, answer.status, answer.message, details)
