"""``pluginhub webhook ...``."""

import click

from pluginhub.cli.client import address, call
from pluginhub.cli.context import Context, pass_context
from pluginhub.events.actions import TYPES


@click.group()
def webhook() -> None:
    """Webhooks: addresses that are sent what happens."""


@webhook.command()
@click.argument("url")
@click.option(
    "--event",
    "events",
    multiple=True,
    metavar="TYPE",
    type=click.Choice(TYPES),
    help="What is sent; may be given several times. Without it, everything.",
)
@pass_context
def add(context: Context, url: str, events: tuple[str, ...]) -> None:
    """Send events to an address, and print the secret they are signed with, this once."""
    made = call(context, "POST", address("webhooks"), json={"url": url, "events": list(events)})
    context.show(made, f"{made['id']} {made['secret']}", even_if_quiet=True)


@webhook.command("list")
@pass_context
def list_all(context: Context) -> None:
    """List all webhooks."""
    found = call(context, "GET", address("webhooks"))
    context.show_table(
        found,
        ("id", "url", "events", "enabled", "created"),
        [
            (
                item["id"],
                item["url"],
                " ".join(item["events"]) or "all",
                "yes" if item["enabled"] else "no",
                item["created_at"],
            )
            for item in found["webhooks"]
        ],
    )


@webhook.command()
@click.argument("webhook_id", metavar="ID")
@pass_context
def remove(context: Context, webhook_id: str) -> None:
    """Send nothing more to a webhook."""
    call(context, "DELETE", address("webhooks", webhook_id))
    context.show({"id": webhook_id, "removed": True}, f"removed {webhook_id}")


@webhook.command()
@click.argument("webhook_id", metavar="ID")
@click.pass_context
def test(click_context: click.Context, webhook_id: str) -> None:
    """Send a webhook an event of the type test, and say what became of it."""
    context: Context = click_context.obj
    done = call(context, "POST", address("webhooks", webhook_id, "test"))
    context.show(done, done["error"] or f"taken with {done['status']}")
    if done["error"]:
        click_context.exit(1)


@webhook.command()
@click.argument("webhook_id", metavar="ID")
@pass_context
def deliveries(context: Context, webhook_id: str) -> None:
    """List the last events that were sent to a webhook, and what became of them."""
    found = call(context, "GET", address("webhooks", webhook_id, "deliveries"))
    context.show_table(
        found,
        ("at", "id", "event", "state", "answer", "attempts", "ms"),
        [
            (
                item["at"],
                item["event_id"] or "",
                item["event"],
                item["state"],
                item["error"] or item["status"],
                item["attempts"],
                item["duration_ms"],
            )
            for item in found["deliveries"]
        ],
    )


COMMANDS = (webhook,)
