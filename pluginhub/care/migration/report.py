"""What is told of a migration, to programs and to people."""

from typing import Any

from pluginhub.care.migration.plan import Content, Person, Plan
from pluginhub.care.migration.running import Result

_SHOWN = 20  # lines of each kind, for people


def of_plan(plan: Plan) -> dict[str, Any]:
    """Return a plan as JSON values."""
    return {
        "users": [_person(person) for person in plan.people],
        "releases": [_content(content) for content in plan.contents],
        "conflicts": [{"about": it.about, "solution": it.solution} for it in plan.conflicts],
        "skipped": [{"path": it.path, "reason": it.reason} for it in plan.skipped],
        "copies": plan.copies,
        "installations": plan.installations,
        "bytes": plan.size,
        "bytes_once": plan.size_once,
        "bytes_saved": plan.size - plan.size_once,
        "seconds_estimated": estimate(plan),
    }


def of_result(result: Result) -> dict[str, Any]:
    """Return what a migration came to as JSON values."""
    applied = result.applied
    return {
        **of_plan(result.plan),
        "id": result.migration,
        "published": applied.releases,
        "users_made": applied.users,
        "installed": applied.installations,
        "states": applied.states,
        "not_done": [{"path": it.path, "reason": it.reason} for it in applied.skipped],
        "validation": {"ok": not result.problems, "problems": result.problems},
        "seconds": round(result.seconds, 1),
    }


def estimate(plan: Plan) -> int:
    """Return about how many seconds a plan takes."""
    return round(1 + len(plan.people) * 0.01 + plan.copies * 0.002 + plan.size_once / 20e6)


def lines(plan: Plan) -> list[str]:
    """Return a plan for people."""
    plugins = {content.slug.lower() for content in plan.contents}
    published = sum(it.published for it in plan.contents)
    return [
        f"users: {len(plan.people)}, copies: {plan.copies}, plugins: {len(plugins)}",
        f"releases: {len(plan.contents)}, published already: {published}",
        f"bytes: {plan.size}, without doubles: {plan.size_once}",
        *(f"  {it}  copies: {it.copies}  users: {it.users}" for it in plan.contents),
        *_some("decided", [f"{it.about}: {it.solution}" for it in plan.conflicts]),
        *_some("not taken", [f"{it.path}: {it.reason}" for it in plan.skipped]),
    ]


def result_lines(result: Result) -> list[str]:
    """Return what a migration came to for people."""
    applied = result.applied
    validated = "as before" if not result.problems else "NOT as before"
    return [
        (
            f"published: {applied.releases}, accounts made: {applied.users}, plugins installed:"
            f" {applied.installations}, states: {applied.states}; {result.seconds:.1f} s"
        ),
        f"every plugin of every user was looked at: {validated}",
        *_some("not done", [f"{it.path}: {it.reason}" for it in applied.skipped]),
        *_some("not as before", result.problems),
        f"to take it back: pluginhub migrate --rollback {result.migration}",
    ]


def _some(head: str, told: list[str]) -> list[str]:
    if not told:
        return []
    more = [f"  ... and {len(told) - _SHOWN} more; --report FILE has all"]
    return [f"{head}:", *(f"  {it}" for it in told[:_SHOWN]), *more[: len(told) > _SHOWN]]


def _person(person: Person) -> dict[str, Any]:
    return {
        "id": person.id,
        "name": person.name,
        "exists": person.exists,
        "plugins": {it.content.slug: it.content.becomes for it in person.holdings},
    }


def _content(content: Content) -> dict[str, Any]:
    return {
        "slug": content.slug,
        "version": content.becomes,
        "says": content.version,
        "digest": content.digest,
        "bytes": content.size,
        "copies": content.copies,
        "users": content.users,
        "published": content.published,
    }
