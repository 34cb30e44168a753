"""``pluginhub token ...``."""

import re

import click

from pluginhub.cli.client import address, call
from pluginhub.cli.context import Context, pass_context

_UNITS = {"m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}
_SCOPES = ("read", "install", "publish", "admin")


class _Duration(click.ParamType[int]):
    """``90d``, ``12h``: becomes seconds."""

    name = "duration"

    def convert(
        self, value: str | int, param: click.Parameter | None, ctx: click.Context | None
    ) -> int:
        match = re.fullmatch(r"([1-9][0-9]{0,6})([mhdw])", str(value))
        if match is None:
            self.fail(f"{value!r} is no duration such as 90d, 12h or 30m", param, ctx)
        return int(match[1]) * _UNITS[match[2]]


@click.group()
def token() -> None:
    """API tokens: what programs show that act for a user."""


@token.command()
@click.argument("name")
@click.option("--user", required=True, help="For whom it acts.")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=click.Choice(_SCOPES),
    help="What it may be used for beside reading; may be given several times.",
)
@click.option("--expires", type=_Duration(), help="For instance 90d; without it, never.")
@pass_context
def create(
    context: Context, name: str, user: str, scopes: tuple[str, ...], expires: int | None
) -> None:
    """Make a token and print it. It is shown this once."""
    body = {"name": name, "scopes": list(scopes) or ["read"], "expires_in": expires}
    made = call(context, "POST", address("tokens"), json=body, params={"user": user})
    context.show(made, made["token"], even_if_quiet=True)


@token.command("list")
@click.option("--user", required=True, help="Whose.")
@pass_context
def list_all(context: Context, user: str) -> None:
    """List the tokens of a user."""
    found = call(context, "GET", address("tokens"), params={"user": user})
    context.show_table(
        found,
        ("id", "name", "scopes", "created", "expires"),
        [
            (
                item["id"],
                item["name"],
                " ".join(item["scopes"]),
                item["created_at"],
                item["expires_at"] or "never",
            )
            for item in found["tokens"]
        ],
    )


@token.command()
@click.argument("token_id", metavar="ID")
@pass_context
def revoke(context: Context, token_id: str) -> None:
    """Revoke a token: nobody gets in with it any more."""
    call(context, "DELETE", address("tokens", token_id))
    context.show({"id": token_id, "revoked": True}, f"revoked {token_id}")


COMMANDS = (token,)
