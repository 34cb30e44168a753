"""How commands show a plan."""

from typing import Any

from pluginhub.cli.context import Context


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
        if step["changelog"]:
            context.say("\n".join(f"  | {line}" for line in step["changelog"].splitlines()))
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
