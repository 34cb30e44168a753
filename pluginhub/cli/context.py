"""What the global options say, and how commands print."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import click
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from pluginhub import config


@dataclass
class Context:
    """The global options.

    Attributes:
        flags: Settings given as flags, by key.
    """

    config_file: Path | None
    flags: Mapping[str, Any]
    as_json: bool
    quiet: bool

    @cached_property
    def settings(self) -> config.Settings:
        """The settings in force.

        Raises:
            ConfigError: One of them is wrong.
        """
        return self.settings_with({})

    def settings_with(self, flags: Mapping[str, Any]) -> config.Settings:
        """Return the settings in force, with the flags of one command on top."""
        return config.load(self.config_file, flags={**self.flags, **flags})

    def say(self, text: str) -> None:
        """Print a line for people, unless they want quiet or JSON."""
        if not self.quiet and not self.as_json:
            click.echo(text)

    def show(self, result: Any, text: str) -> None:
        """Print a result: as JSON if that is wanted, else as a line."""
        if self.as_json:
            click.echo(json.dumps(result, indent=2))
        else:
            self.say(text)

    def show_table(
        self, result: Any, columns: Sequence[str], rows: Iterable[Sequence[object]]
    ) -> None:
        """Print a result: as JSON if that is wanted, else as a table."""
        if self.as_json:
            click.echo(json.dumps(result, indent=2))
        elif not self.quiet:
            table = Table(*columns, box=SIMPLE_HEAD, pad_edge=False)
            for row in rows:
                table.add_row(*(str(cell) for cell in row))
            Console(highlight=False, soft_wrap=True).print(table)


pass_context = click.make_pass_decorator(Context)
