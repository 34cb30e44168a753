"""What commands for verbs share: their options, how they ask, and how they show plans."""

from collections.abc import Callable
from typing import Any, TypeVar

import click

from pluginhub.cli.client import call
from pluginhub.cli.context import Context

Command = TypeVar("Command", bound=Callable[..., None])

for_user = click.option("--user", required=True, metavar="NAME", help="Whose plugin.")
dry_run = click.option("--dry-run", is_flag=True, help="Show the plan, and change nothing.")
_plan = click.option("--plan", metavar="ID", help="Only carry out the plan with this id.")
_skip_hooks = click.option(
    "--skip-hooks", is_flag=True, help="Run none of the plugin's code, for hooks that fail."
)


def verb(command: Command) -> Command:
    """Give a command the options of a verb on a user's plugin: user, dry_run, plan."""
    return for_user(dry_run(_plan(command)))


def verb_with_hooks(command: Command) -> Command:
    """Give a command the options of a verb that runs hooks: skip_hooks as well."""
    return verb(_skip_hooks(command))


def query(**options: Any) -> dict[str, str]:
    """Return the query that says whose plugin it is, and how a verb is to be carried out.

    Args:
        **options: What a command was given; ``user``, ``dry_run`` and ``skip_hooks`` count.
    """
    named = {"user": options["user"]} if "user" in options else {}
    return named | {name: "true" for name in ("dry_run", "skip_hooks") if options.get(name)}


def ask(
    context: Context, method: str, path: str, options: dict[str, Any], **body: Any
) -> dict[str, Any] | None:
    """Ask for a verb.

    Args:
        context: Of the command.
        method: Of HTTP.
        path: As ``address`` makes it.
        options: What the command was given of the options of ``verb``.
        **body: What else the verb has to know.

    Returns:
        The answer; None for a dry run, which is shown here.
    """
    body = {"plan": options["plan"], **body}
    answer: dict[str, Any] = call(context, method, path, params=query(**options), json=body)
    if options["dry_run"]:
        show_plan(context, answer)
        return None
    return answer


def show_done(context: Context, answer: dict[str, Any], *lines: str) -> None:
    """Print what came of a verb; where there was nothing to do, why.

    Args:
        context: Of the command.
        answer: Of the server.
        *lines: What to say if something was done.
    """
    plan = answer["plan"]
    why = [f"{note['slug']}: {note['text']}" for note in plan["notes"] if not plan["steps"]]
    context.show(answer, *(why or lines))


def show_plan(context: Context, answer: dict[str, Any]) -> None:
    """Print what a verb would do; with ``--json`` as it came.

    Args:
        context: Of the command.
        answer: Of the server, to a dry run.
    """
    context.show_json(answer)
    plan = answer["plan"]
    for step in plan["steps"]:
        context.say(f"{step['action']} {step['slug']}{_way(step)}: {step['reason']['text']}")
        for name in step["new_permissions"]:
            context.say(f"  new permission: {name}")
        for problem in step["config_problems"]:
            context.say(f"  configuration refused: {problem['path']}: {problem['problem']}")
        context.say(*(f"  | {line}" for line in (step["changelog"] or "").splitlines()))
    for note in plan["notes"]:
        context.say(f"note: {note['text']}")
    for note in plan["blocked"]:
        context.say(f"blocked: {note['text']}")
    if not plan["steps"] and not plan["blocked"]:
        context.say("nothing to do")
    context.say(f"plan {plan['id']}")


def _way(step: dict[str, Any]) -> str:
    before, after = step["from"], step["to"]
    if before == after:
        return f" {after}"
    return f" {before or '-'} to {after or '-'}"
