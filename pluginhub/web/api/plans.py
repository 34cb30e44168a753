"""How the native API shows plans, and what came of them."""

from collections.abc import Mapping
from typing import Annotated, Any, Self

from pydantic import ConfigDict, Field, RootModel

from pluginhub.lifecycle.plan import Plan, Step, digest_of
from pluginhub.models import Installation
from pluginhub.web.api.shapes import INSTALLATION_EXAMPLE, InstallationAnswer, Json, NoteAnswer
from pluginhub.web.operations import Answer

_REASON: Json = {"code": "asked-for", "slug": "Dashboard", "text": "it was asked for"}
PLAN_EXAMPLE: Json = {
    "id": "9c1185a5" * 8,
    "verb": "update",
    "steps": [
        {
            "action": "update",
            "slug": "Dashboard",
            "from": "2.0.0",
            "to": "2.1.0",
            "reason": _REASON,
            "changes": {},
            "changelog": "## 2.1.0\n\n* Two columns",
            "new_permissions": [],
            "config_problems": [],
        }
    ],
    "notes": [],
    "blocked": [],
}


class Change(Answer):
    """What something was, and what it is to be."""

    before: Annotated[Any, Field(alias="from")]
    after: Annotated[Any, Field(alias="to")]

    model_config = ConfigDict(validate_by_name=True, serialize_by_alias=True)


class StepAnswer(Answer):
    """One installation goes from one state to another."""

    model_config = ConfigDict(validate_by_name=True, serialize_by_alias=True)

    action: str
    slug: str
    before: Annotated[str | None, Field(alias="from")]
    after: Annotated[str | None, Field(alias="to")]
    reason: NoteAnswer
    changes: dict[str, Change]
    changelog: str | None
    new_permissions: list[str]
    config_problems: list[dict[str, str]]

    @classmethod
    def of(cls, found: Step) -> Self:
        """Return how a step is shown."""
        before, after = found.before, found.after
        return cls(
            action=found.action,
            slug=found.slug,
            before=before.release.version if before else None,
            after=after.release.version if after else None,
            reason=NoteAnswer.of(found.reason),
            changes=_changes(before, after) if before and after else {},
            changelog=found.changelog,
            new_permissions=list(found.new_permissions),
            config_problems=list(found.config_problems),
        )


class PlanAnswer(Answer):
    """What a verb does, or would do; ``blocked`` says why it cannot."""

    id: str
    verb: str
    steps: list[StepAnswer]
    notes: list[NoteAnswer]
    blocked: list[NoteAnswer]

    @classmethod
    def of(cls, found: Plan) -> Self:
        """Return how a plan is shown."""
        return cls(
            id=found.id,
            verb=found.verb,
            steps=[StepAnswer.of(item) for item in found.steps],
            notes=[NoteAnswer.of(item) for item in found.notes],
            blocked=[NoteAnswer.of(item) for item in found.blocked],
        )


class OnlyPlan(Answer):
    """What a verb would do."""

    plan: PlanAnswer


class Done(InstallationAnswer):
    """The installation as a verb left it, or as it was before it was taken away."""

    plan: PlanAnswer


class Moved(Done):
    """The installation, and the version that it came from."""

    previous_version: str


class Carried(RootModel[Done | OnlyPlan]):
    """What came of a verb, or with ``dry_run`` what would come of it."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{**INSTALLATION_EXAMPLE, "plan": PLAN_EXAMPLE}]}
    )


class CarriedMove(RootModel[Moved | OnlyPlan]):
    """What came of a verb that changes the release, or with ``dry_run`` what would come of it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {**INSTALLATION_EXAMPLE, "plan": PLAN_EXAMPLE, "previous_version": "2.0.0"}
            ]
        }
    )


class Plans(Answer):
    """What came of each plugin."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"plans": [PLAN_EXAMPLE]}]})

    plans: list[PlanAnswer]


def _changes(before: Installation, after: Installation) -> Mapping[str, Change]:
    pairs: dict[str, tuple[Any, Any]] = {
        "enabled": (before.enabled, after.enabled),
        "pin": (before.pin, after.pin),
        "channel": (before.channel, after.channel),
        "config": (digest_of(before), digest_of(after)),
        "disabled_modules": (
            sorted(before.disabled_modules),
            sorted(after.disabled_modules),
        ),
    }
    return {name: Change(before=old, after=new) for name, (old, new) in pairs.items() if old != new}
