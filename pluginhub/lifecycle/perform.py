"""Carries a plan out: hooks first, then everything in one transaction, or nothing."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from pluginhub.database import audit, installations, plugin_rows, releases, states, usage, users
from pluginhub.database.connection import Connection
from pluginhub.errors import (
    ConfigRefusedError,
    ConflictError,
    ForbiddenError,
    HookError,
    HooksSuspendedError,
    InvalidError,
    NotFoundError,
    PlanChangedError,
    PreconditionFailedError,
    YankedError,
)
from pluginhub.lifecycle import application, configuration, hook_calls, quotas
from pluginhub.lifecycle.plan import Note, Plan, Step, digest_of, tag_of
from pluginhub.lifecycle.resources import Order, Resources
from pluginhub.lifecycle.rows import Outcome
from pluginhub.models import Installation

Planner = Callable[[], Awaitable[Plan]]

_REFUSALS = (ConflictError, ForbiddenError, HookError, InvalidError, NotFoundError)
_NOTHING_TO_ACT_ON = (InvalidError, NotFoundError)
_TOO_EARLY = 0.5  # seconds that a user waits who calls hooks again that rest


async def perform(
    resources: Resources, order: Order, verb: str, slug: str, planner: Planner
) -> Plan:
    """Make a plan, and carry it out unless only the plan is wanted.

    Operations of one user queue here. Who calls hooks that rest again and again, although the
    answer says how long they do, only holds up themselves: the refusal takes its time.

    Args:
        resources: What the verbs work with.
        order: Whose plugins, who asks, and how.
        verb: For the audit and the plan.
        slug: What the verb acts on.
        planner: Makes the plan.

    Returns:
        The plan; where it was carried out, with the states that came of it.

    Raises:
        PlanChangedError: ``order`` names another plan, or the rows changed meanwhile.
        PreconditionFailedError: The plugin is in none of the states that ``order`` names.
        HubError: Of the planner, or of a hook; nothing is changed, and the audit says why.
    """
    async with resources.turn(order, verb):
        try:
            await _check_match(resources, order, slug)
            made = replace(await planner(), slug=slug, skip_hooks=order.skip_hooks)
            plan = _with_refusals(_with_waiting_hooks(made))
            if order.dry_run:
                return plan
            if order.plan_id not in {None, plan.id}:
                raise PlanChangedError("the plan is no longer what was shown; look at it again")
            return await _carry_out(resources, order, plan)
        except _REFUSALS as error:
            if order.dry_run and isinstance(error, ConflictError):
                blocked = Note(error.code, slug, error.message)
                return Plan(verb, order.user_id, blocked=(blocked,), slug=slug)
            if not order.dry_run and not isinstance(error, _NOTHING_TO_ACT_ON):
                await _record_refusal(resources, order, verb, slug, error.code)
            if isinstance(error, HooksSuspendedError):
                await asyncio.sleep(_TOO_EARLY)
            raise


async def _check_match(resources: Resources, order: Order, slug: str) -> None:
    if order.if_match is None:
        return
    async with resources.database.snapshot() as connection:
        present = await installations.find(connection, order.user_id, slug)
    if present is None or tag_of(present) not in order.if_match:
        raise PreconditionFailedError(f"{slug} is no longer as it was; look at it again", slug=slug)


def _refusal(plan: Plan, step: Step) -> ConfigRefusedError | None:
    """Return the error for a configuration that is refused, and that no hook will look at."""
    release = step.either.release
    mended_by_hook = step.moves and release.running_hooks == "pluginhub" and not plan.skip_hooks
    if not step.config_problems or mended_by_hook:
        return None
    return configuration.refusal(release, step.config_problems)


def _with_waiting_hooks(plan: Plan) -> Plan:
    """Say of which releases the hooks will not run because no admin approved them."""
    waiting = [
        Note(
            "hooks-not-approved", step.slug, f"the hooks of {step.either.release} wait for an admin"
        )
        for step in plan.steps
        if step.either.release.contract and not step.either.release.running_hooks
    ]
    return replace(plan, notes=(*plan.notes, *waiting))


def _with_refusals(plan: Plan) -> Plan:
    refusals = [(step.slug, _refusal(plan, step)) for step in plan.steps]
    blocked = [Note(error.code, slug, error.message) for slug, error in refusals if error]
    return replace(plan, blocked=(*plan.blocked, *blocked))


async def _carry_out(resources: Resources, order: Order, plan: Plan) -> Plan:
    for step in plan.steps:
        if error := _refusal(plan, step):
            raise error
    if not plan.steps:
        return plan
    if not any(step.after for step in plan.steps):
        await resources.storage.make_way()
    outcomes = [await _outcome(resources, order, step) for step in plan.steps]
    async with resources.database.transaction() as tx:
        await users.get_by_id(tx, order.user_id)
        await _check_unchanged(tx, plan)
        now, before = resources.database.now(), await usage.of_user(tx, order.user_id)
        done = [
            await _write(tx, step, outcome, order, now)
            for step, outcome in zip(plan.steps, outcomes, strict=True)
        ]
        quotas.check(resources.quotas, before, await usage.of_user(tx, order.user_id))
    return replace(plan, steps=tuple(done))


async def _outcome(resources: Resources, order: Order, step: Step) -> Outcome:
    if order.skip_hooks:
        return Outcome(step.either)
    return await hook_calls.run(resources, step)


async def _check_unchanged(tx: Connection, plan: Plan) -> None:
    """See to it that what the plan rests on is still there: hooks may have taken a while."""
    for step in plan.steps:
        present = await installations.find(tx, plan.user_id, step.slug)
        if not _is_same(present, step.before):
            raise PlanChangedError(f"{step.slug} was changed meanwhile; try again", slug=step.slug)
    wanted = [
        step.after.release
        for step in plan.steps
        if step.after and (step.before is None or step.moves)
    ]
    published = await releases.get_many(tx, (release.id for release in wanted))
    for release in wanted:
        if release.id not in published:
            raise PlanChangedError(f"{release} was removed meanwhile", slug=release.slug)
        if published[release.id].yanked_at and not release.yanked_at:
            raise YankedError(f"{release} was withdrawn meanwhile", slug=release.slug)


def _is_same(present: Installation | None, before: Installation | None) -> bool:
    """Return whether an installation is as it was; its release may have been withdrawn."""
    if present is None or before is None:
        return present is before
    return present.release.id == before.release.id and present == replace(
        before, release=present.release
    )


async def _write(tx: Connection, step: Step, outcome: Outcome, order: Order, now: int) -> Step:
    after: Installation | None = None
    if step.after is None and step.before:
        await installations.remove(tx, step.before.id)
        names = application.names_of(step.before)
        await states.remove_of_plugin(tx, order.user_id, names)
    elif step.before is None:
        after = replace(
            outcome.installation, id=secrets.token_hex(16), installed_at=now, updated_at=now
        )
        await installations.add(tx, after)
    else:
        after = replace(outcome.installation, updated_at=now)
        await installations.change(tx, step.before, after)
    if after and outcome.kept is not None:
        await plugin_rows.replace(tx, after.id, outcome.kept)
    if outcome.states_removed or outcome.states_written:
        await states.change(
            tx,
            order.user_id,
            removed=outcome.states_removed,
            written=outcome.states_written,
            now=now,
        )
    done = replace(step, after=after)
    await _record(tx, done, order, now)
    return done


async def _record(tx: Connection, step: Step, order: Order, now: int) -> None:
    details = _details(step)
    if order.skip_hooks:
        details["hooks"] = "skipped"
    await audit.record(
        tx,
        order.actor,
        step.action,
        str(step.either.release),
        now,
        user_id=order.user_id,
        slug=step.slug,
        **details,
    )


def _details(step: Step) -> dict[str, Any]:
    """Return what changed, without values that may be secret."""
    details: dict[str, Any] = {"reason": step.reason.code}
    before, after = step.before, step.after
    if before and after:
        if step.moves:
            details["previous"] = before.release.version
        if before.config != after.config:
            details["config"] = {"from": digest_of(before), "to": digest_of(after)}
        if before.pin != after.pin:
            details["pin"] = after.pin
        if before.channel != after.channel:
            details["channel"] = after.channel
        if before.disabled_modules != after.disabled_modules:
            details["modules"] = sorted(before.disabled_modules ^ after.disabled_modules)
    return details


async def _record_refusal(
    resources: Resources, order: Order, verb: str, slug: str, code: str
) -> None:
    async with resources.database.transaction() as tx:
        await audit.record(
            tx,
            order.actor,
            verb,
            slug,
            resources.database.now(),
            user_id=order.user_id,
            slug=slug,
            result=code,
        )
