"""Runs the hooks that belong to a step of a plan, outside of every transaction.

A hook changes nothing by itself: what comes of it is an ``Outcome``, which is written together
with the step, or not at all.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pluginhub import config_schema
from pluginhub.database import releases, users
from pluginhub.errors import HookAnswerError, InvalidError, PlanChangedError
from pluginhub.lifecycle import answers, configuration
from pluginhub.lifecycle.plan import Step
from pluginhub.lifecycle.resources import Resources
from pluginhub.lifecycle.rows import Outcome, RowsIn, collect, difference
from pluginhub.models import Installation, Release

_NATIVE_ONLY = {"enable", "disable"}
_HOOKS = {"install", "update", "rollback", "uninstall", "enable", "disable"}


async def run(resources: Resources, step: Step) -> Outcome:
    """Run what a step asks for.

    Returns:
        The installation as the hooks leave it; for an uninstall, as it was.

    Raises:
        HookError: A hook failed; nothing is changed.
        MissingExtraError: The hooks need a library that is not installed.
    """
    installation = step.either
    release = installation.release
    if step.action not in _HOOKS:
        return Outcome(installation)
    exported = await _export(resources, step)
    if release.running_hooks == "pluginhub":
        return await _authored(resources, step, exported)
    if release.running_hooks == "braindrive" and step.action not in _NATIVE_ONLY:
        return await _existing(resources, step, exported)
    return Outcome(installation)


async def call(
    resources: Resources, release: Release, hook: str, data: Mapping[str, Any], user_id: str
) -> dict[str, Any]:
    """Call one hook of a release for one user, and return its result.

    Raises:
        HookError: It failed.
        MissingExtraError: It needs a library that is not installed.
        PlanChangedError: The release was removed meanwhile.
    """
    async with (
        resources.storage.scratch() as scratch,
        resources.registry.lease(resources.hook_code(release)) as manager,
    ):
        # Sweeps leave alone what is on lease; one that had not seen the lease comes first here.
        async with resources.database.transaction() as tx:
            if not await releases.get_many(tx, [release.id]):
                raise PlanChangedError(f"{release} was removed meanwhile", slug=release.slug)
        return await manager.call(hook, dict(data), user_id=user_id, scratch=scratch)


async def ask(resources: Resources, installation: Installation, hook: str) -> dict[str, Any]:
    """Call a hook that changes nothing, ``status`` or ``export``, and return its result."""
    release = installation.release
    if release.running_hooks == "braindrive":
        before = await _rows(resources, installation)
        data = {"user": _user(before), "rows": before.tables}
    else:
        data = await _authored_data(resources, installation)
    return await call(resources, release, hook, data, installation.user_id)


async def _export(resources: Resources, step: Step) -> Any:
    """Return what the release that is left says of the user, for the next one to import."""
    if not step.moves or step.before is None or step.before.release.running_hooks is None:
        return None
    result = await ask(resources, step.before, "export")
    return answers.read(answers.ExportAnswer, step.before.release, result).user_data


async def _authored(resources: Resources, step: Step, exported: Any) -> Outcome:
    installation = step.either
    data = await _authored_data(resources, installation)
    hook = "update" if step.moves else step.action
    if step.moves and step.before:
        data["from_version"] = step.before.release.version
        if exported is not None:
            data["user_data"] = exported
    result = await call(resources, installation.release, hook, data, installation.user_id)
    config = answers.read(answers.AuthoredAnswer, installation.release, result).config
    if step.after is None or (config == data["config"] and not step.config_problems):
        return Outcome(installation)
    kept = _set(installation, data["config"], config)
    _check_size(installation, kept)
    if step.moves:
        kept = await _accepted(resources, step, kept)
    else:
        await _check_config(resources, installation, kept)
    return Outcome(replace(installation, config=kept))


async def _accepted(resources: Resources, step: Step, config: dict[str, Any]) -> dict[str, Any]:
    """Return what an update hook made of a configuration, as the new release accepts it.

    Raises:
        ConfigRefusedError: It does not, and nothing of it may go.
    """
    installation = step.either
    found = await configuration.problems(resources, installation, config)
    if (refused := configuration.unsuitable(found)) and step.reset_config:
        config = configuration.without(config, refused)
        found = await configuration.problems(resources, installation, config)
        refused = configuration.unsuitable(found)
    if refused:
        raise configuration.refusal(installation.release, refused)
    return config


def _set(
    installation: Installation, given: dict[str, Any], config: dict[str, Any]
) -> dict[str, Any]:
    """Return what is set in a configuration: defaults that a hook left alone stay defaults."""
    return {
        key: value
        for key, value in config.items()
        if key in installation.config or key not in given or value != given[key]
    }


async def _existing(resources: Resources, step: Step, exported: Any) -> Outcome:
    installation = step.either
    before = await _rows(resources, step.before or installation)
    if step.before is None:
        before = RowsIn(before.user, {"plugin_states": before.tables["plugin_states"]})
    data: dict[str, Any] = {"user": _user(before), "rows": before.tables}
    if exported is not None:
        data["user_data"] = exported
    hook = "update" if step.moves else step.action
    result = await call(resources, installation.release, hook, data, installation.user_id)
    if step.after is None:
        return Outcome(installation)  # nothing of it stays, whatever the hook left
    return await asyncio.to_thread(_difference, before, step.after, result)


def _difference(before: RowsIn, after: Installation, result: dict[str, Any]) -> Outcome:
    answer = answers.read(answers.ExistingAnswer, after.release, result)
    return difference(before, after, answer.rows)


async def _rows(resources: Resources, installation: Installation) -> RowsIn:
    async with resources.database.snapshot() as connection:
        user = await users.get_by_id(connection, installation.user_id)
        return await collect(connection, user, installation)


def _user(before: RowsIn) -> dict[str, Any]:
    user = before.user
    return {"id": user.id, "name": user.name, "email": user.email}


async def _authored_data(resources: Resources, installation: Installation) -> dict[str, Any]:
    async with resources.database.snapshot() as connection:
        user = await users.get_by_id(connection, installation.user_id)
    schema = installation.release.manifest.config_schema
    config = installation.config
    return {
        "user_id": user.id,
        "user_name": user.name,
        "config": config_schema.with_defaults(schema, config) if schema else config,
    }


def _check_size(installation: Installation, config: dict[str, Any]) -> None:
    try:
        configuration.check_size(config)
    except InvalidError as error:
        raise _unusable(
            installation, f"a configuration that cannot be kept: {error.message}"
        ) from error


async def _check_config(
    resources: Resources, installation: Installation, config: dict[str, Any]
) -> None:
    found = await configuration.problems(resources, installation, config)
    if problems := configuration.unsuitable(found):
        told = configuration.told(problems[:1])
        raise _unusable(installation, f"a configuration that its own schema refuses: {told}")


def _unusable(installation: Installation, what: str) -> HookAnswerError:
    release = installation.release
    return HookAnswerError(
        f"a hook of {release.slug} {release.version} answered {what}",
        slug=release.slug,
        version=release.version,
    )
