"""The root of all commands: global options, and how errors are told."""

from collections.abc import Iterable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import click

import pluginhub
from pluginhub.cli.context import Context, complain
from pluginhub.errors import HubError

# Which module has which commands. Only that of the command that is given is loaded: all of the
# server takes as long to load as most commands take.
_MODULES: Mapping[str, tuple[str, ...]] = {
    "accounts": ("user",),
    "authoring": ("new", "check"),
    "backups": ("backup", "restore"),
    "care": ("cleanup", "verify"),
    "catalogue": ("list", "show"),
    "configuration": ("configure", "pin", "unpin", "channel"),
    "demo": ("demo",),
    "developing": ("dev",),
    "doctor": ("doctor",),
    "installations": (
        "install",
        "update",
        "rollback",
        "uninstall",
        "enable",
        "disable",
    ),
    "migrating": ("migrate",),
    "publishing": ("publish",),
    "records": ("history", "audit", "explain", "status", "managers"),
    "releases": ("yank", "approve", "keep"),
    "serve": ("serve",),
    "settings": ("config", "openapi", "manifest-schema"),
    "tokens": ("token",),
    "webhooks": ("webhook",),
}
_HOMES = {name: module for module, names in _MODULES.items() for name in names}


class _Root(click.Group):
    """Loads a command when it is given, and tells errors in one line.

    With the error stands the source of the setting that it names.
    """

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return sorted(_HOMES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        if cmd_name not in _HOMES:
            return None
        found: Iterable[click.Command] = import_module(f"pluginhub.cli.{_HOMES[cmd_name]}").COMMANDS
        return next(command for command in found if command.name == cmd_name)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except HubError as error:
            complain(f"pluginhub: {_source(ctx.obj, error)}{error.message}")
            ctx.exit(1)
        except OSError as error:  # of a disk that is full or fails
            complain(f"pluginhub: {error}")
            ctx.exit(1)


def _source(context: Context, error: HubError) -> str:
    if setting := error.fields.get("setting"):
        source = context.settings.sources.get(setting)
        return f"{source}: " if source else ""
    return ""


@click.group(cls=_Root, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--config",
    "config_file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Settings file; without it, config.toml in the working directory if there is one.",
)
@click.option(
    "--data-dir",
    type=click.Path(path_type=Path, file_okay=False),
    help="Data directory, in place of storage.plugins_base_dir.",
)
@click.option("--json", "as_json", is_flag=True, help="Print results as JSON.")
@click.option("--quiet", is_flag=True, help="Print errors only.")
@click.version_option(pluginhub.__version__, prog_name="pluginhub")
@click.pass_context
def cli(
    context: click.Context,
    config_file: Path | None,
    data_dir: Path | None,
    as_json: bool,
    quiet: bool,
) -> None:
    """Every user their own plugins, every plugin version once.

    Commands talk to the server that runs on the data directory, or work on the data directory
    themselves where none runs.
    """
    flags = {"storage.plugins_base_dir": data_dir.absolute() if data_dir else None}
    context.obj = Context(config_file, flags, as_json=as_json, quiet=quiet)


def main() -> None:
    """Run the program; exit code 0 done, 1 failed, 2 wrong usage, 3 partly done."""
    cli(prog_name="pluginhub")
