"""A user's configuration of a plugin, and what the release's ``config_schema`` says to it.

A schema is written by a plugin's author and can be made to take for ever, so configurations are
held against it in a worker process, under the limits of hooks.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pluginhub import config_schema
from pluginhub.errors import ConfigRefusedError, InvalidError
from pluginhub.lifecycle.resources import Resources
from pluginhub.models import Installation, Release

_MAX_SIZE = 64 * 1024  # bytes as JSON


def effective(installation: Installation) -> dict[str, Any]:
    """Return the configuration in force: what the user set, and the defaults of the release."""
    schema = installation.release.manifest.config_schema
    if schema is None:
        return dict(installation.config)
    return config_schema.with_defaults(schema, installation.config)


def check_size(config: Mapping[str, Any]) -> None:
    """Refuse a configuration that is too large to keep.

    Raises:
        InvalidError: It is larger than 64 KiB as JSON.
    """
    size = len(json.dumps(config).encode())
    if size > _MAX_SIZE:
        raise InvalidError(f"the configuration has {size} bytes, more than {_MAX_SIZE}", size=size)


async def problems(
    resources: Resources, installation: Installation, config: dict[str, Any]
) -> list[dict[str, str]]:
    """Return paths and reasons where an installation's release refuses a configuration.

    Args:
        resources: What the verbs work with.
        installation: Says which release.
        config: Missing keys take their defaults first.

    Raises:
        HookTimeoutError: The schema takes too long.
    """
    release = installation.release
    schema = release.manifest.config_schema
    if schema is None:
        return []
    data = {"schema": schema, "config": config_schema.with_defaults(schema, config)}
    async with (
        resources.storage.scratch() as scratch,
        resources.registry.lease(resources.hook_code(release)) as manager,
    ):
        result = await manager.call("validate", data, user_id=installation.user_id, scratch=scratch)
    found: list[dict[str, str]] = result["problems"]
    return found


def told(refused: Iterable[Mapping[str, str]]) -> str:
    """Return problems as text; one without a path is of the whole configuration."""
    return "; ".join(
        f"{item['path']}: {item['problem']}" if item["path"] else item["problem"]
        for item in refused
    )


def refusal(release: Release, refused: Sequence[Mapping[str, str]]) -> ConfigRefusedError:
    """Return the error for a configuration that a release refuses."""
    return ConfigRefusedError(
        f"{release} refuses the configuration: {told(refused)}",
        slug=release.slug,
        problems=list(refused),
    )


def unsuitable(problems: Iterable[dict[str, str]]) -> list[dict[str, str]]:
    """Return the problems that stand against a release, without keys that are yet to be set.

    Nobody can set a key before they have the release that asks for it.
    """
    return [problem for problem in problems if problem["problem"] != config_schema.MISSING]


def without(config: dict[str, Any], refused: list[dict[str, str]]) -> dict[str, Any]:
    """Return a configuration without the top-level keys in which something is refused."""
    bad = {problem["path"].partition(".")[0].partition("[")[0] for problem in refused}
    if "" in bad:  # the whole is refused
        return {}
    return {key: value for key, value in config.items() if key not in bad}
