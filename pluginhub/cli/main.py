"""The root of all commands: global options, and how errors are told."""

from pathlib import Path
from typing import Any

import click

import pluginhub
from pluginhub.cli import (
    accounts,
    backups,
    care,
    catalogue,
    configuration,
    demo,
    doctor,
    exports,
    installations,
    migrating,
    publishing,
    records,
    releases,
    serve,
    settings,
    tokens,
)
from pluginhub.cli.context import Context, complain
from pluginhub.errors import HubError


class _Root(click.Group):
    """Tells errors in one line, with the source of the setting that they name."""

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


for command in (
    *serve.COMMANDS,
    *demo.COMMANDS,
    *accounts.COMMANDS,
    *catalogue.COMMANDS,
    *releases.COMMANDS,
    *publishing.COMMANDS,
    *installations.COMMANDS,
    *configuration.COMMANDS,
    *records.COMMANDS,
    *settings.COMMANDS,
    *tokens.COMMANDS,
    *care.COMMANDS,
    *doctor.COMMANDS,
    *backups.COMMANDS,
    *migrating.COMMANDS,
):
    cli.add_command(command)


for command in exports.COMMANDS:
    accounts.user.add_command(command)


def main() -> None:
    """Run the program; exit code 0 done, 1 failed, 2 wrong usage, 3 partly done."""
    cli(prog_name="pluginhub")
