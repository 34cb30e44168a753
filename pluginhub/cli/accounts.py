"""``pluginhub user ...``."""

import secrets
import sys
from typing import Any

import click

from pluginhub.cli import exports
from pluginhub.cli.client import address, call
from pluginhub.cli.context import Context, pass_context


@click.group()
def user() -> None:
    """Accounts."""


@user.command()
@click.argument("name")
@click.option("--email", help="Another name to sign in with.")
@click.option("--admin", is_flag=True, help="May publish, and manage everything.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@pass_context
def add(
    context: Context,
    name: str,
    email: str | None,
    admin: bool,
    password_stdin: bool,
) -> None:
    """Make an account. Asks for the password, or makes one up where there is no terminal."""
    password, made_up = _password(from_stdin=password_stdin)
    body = {"name": name, "email": email, "password": password}
    made = call(context, "POST", address("users"), json={**body, "role": _role(admin=admin)})
    if made_up:
        made["password"] = password
    said = f"added {made['role']} {name}" + _told(made)
    context.show(made, said, even_if_quiet=made_up)


@user.command("list")
@pass_context
def list_all(context: Context) -> None:
    """List all accounts."""
    found = call(context, "GET", address("users"))
    context.show_table(
        found,
        ("name", "role", "e-mail", "enabled"),
        [
            (item["name"], item["role"], item["email"] or "-", "yes" if item["enabled"] else "no")
            for item in found["users"]
        ],
    )


@user.command()
@click.argument("name")
@pass_context
def disable(context: Context, name: str) -> None:
    """Sign a user out everywhere and let them in no more; nothing is deleted."""
    changed = call(context, "PATCH", address("users", name), json={"enabled": False})
    context.show(changed, f"disabled {name}")


@user.command()
@click.argument("name")
@pass_context
def enable(context: Context, name: str) -> None:
    """Let a disabled user in again."""
    changed = call(context, "PATCH", address("users", name), json={"enabled": True})
    context.show(changed, f"enabled {name}")


@user.command()
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask.")
@pass_context
def remove(context: Context, name: str, yes: bool) -> None:
    """Delete a user with all their installations."""
    if not yes:
        click.confirm(f"Delete {name} and everything that is theirs?", abort=True)
    call(context, "DELETE", address("users", name))
    context.show({"name": name, "removed": True}, f"removed {name}")


@user.command()
@click.argument("name")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@pass_context
def password(context: Context, name: str, password_stdin: bool) -> None:
    """Set a user's password and sign them out everywhere."""
    new, made_up = _password(from_stdin=password_stdin)
    changed = call(context, "PATCH", address("users", name), json={"password": new})
    if made_up:
        changed["password"] = new
    said = f"changed the password of {name}" + _told(changed)
    context.show(changed, said, even_if_quiet=made_up)


for command in exports.COMMANDS:
    user.add_command(command)

COMMANDS = (user,)


def _password(*, from_stdin: bool) -> tuple[str, bool]:
    """Return a password, and whether it is made up."""
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n"), False
    if sys.stdin.isatty():
        return click.prompt("Password", hide_input=True, confirmation_prompt=True), False
    return secrets.token_urlsafe(12), True


def _told(result: dict[str, Any]) -> str:
    return f", password {result['password']}" if "password" in result else ""


def _role(*, admin: bool) -> str:
    return "admin" if admin else "user"
