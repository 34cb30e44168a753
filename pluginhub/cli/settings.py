"""``pluginhub config``, ``pluginhub manifest-schema`` and ``pluginhub openapi``."""

import json
from pathlib import Path

import click

from pluginhub import manifest
from pluginhub.app import ROUTES
from pluginhub.cli.context import Context, pass_context
from pluginhub.web.openapi.document import document


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


@click.command()
@pass_context
def openapi(context: Context) -> None:
    """Print the OpenAPI document of the server's API."""
    base_path = context.settings.config.server.base_path
    click.echo(json.dumps(document(ROUTES, base_path), indent=2))


COMMANDS = (config, manifest_schema, openapi)
