"""``pluginhub config`` and ``pluginhub manifest-schema``."""

import json
from pathlib import Path

import click

from pluginhub import manifest
from pluginhub.cli.context import Context, pass_context


@click.command()
@pass_context
def config(context: Context) -> None:
    """Print the settings in force, and where each value comes from."""
    settings = list(context.settings)
    context.show_table(
        {item.key: {"value": _plain(item.value), "source": item.source} for item in settings},
        ("key", "value", "source"),
        [(item.key, item.value, item.source) for item in settings],
    )


def _plain(value: object) -> object:
    return str(value) if isinstance(value, Path) else value


@click.command("manifest-schema")
def manifest_schema() -> None:
    """Print the JSON Schema of pluginhub.json."""
    click.echo(json.dumps(manifest.schema(), indent=2))


COMMANDS = (config, manifest_schema)
