"""What the global options say, and how commands print."""

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import click
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from pluginhub import config, logs
from pluginhub.config import Config, Log
from pluginhub.errors import DataDirectoryInUseError
from pluginhub.logs import printable

PARTLY = 3  # exit code of a command that did some of what it was asked for
_WIDE = 10_000  # columns, for programs: nothing is cut


@dataclass
class Context:
    """The global options.

    Attributes:
        flags: Settings given as flags, by key; a command adds its own before it asks for
            ``settings``.
    """

    config_file: Path | None
    flags: dict[str, Any]
    as_json: bool
    quiet: bool

    @cached_property
    def settings(self) -> config.Settings:
        """The settings in force.

        Raises:
            ConfigError: One of them is wrong.
        """
        return self.load()

    def load(self) -> config.Settings:
        """Read the settings anew.

        Raises:
            ConfigError: One of them is wrong.
        """
        return config.load(self.config_file, flags=self.flags)

    def say(self, *lines: str) -> None:
        """Print lines for people, unless they want quiet or JSON."""
        if not self.quiet and not self.as_json:
            _print(lines)

    def show_json(self, result: Any) -> None:
        """Print a result as JSON, if that is wanted."""
        if self.as_json:
            click.echo(json.dumps(result, indent=2))

    def show(self, result: Any, *lines: str, even_if_quiet: bool = False) -> None:
        """Print a result: as JSON if that is wanted, else as lines."""
        self.show_json(result)
        if not self.as_json and (even_if_quiet or not self.quiet):
            _print(lines)

    def show_table(
        self, result: Any, columns: Sequence[str], rows: Iterable[Sequence[object]]
    ) -> None:
        """Print a result: as JSON if that is wanted, else as a table."""
        self.show_json(result)
        if not self.as_json and not self.quiet:
            table = Table(box=SIMPLE_HEAD, pad_edge=False)
            for column in columns:
                table.add_column(column, overflow="fold")
            for row in rows:
                table.add_row(*(Text(printable(str(cell))) for cell in row))
            console = Console(highlight=False)
            if not console.is_terminal:
                console.width = _WIDE
            console.print(table)


@contextmanager
def alone(context: Context) -> Iterator[None]:
    """Let a command work on the data directory itself, for which no server may run."""
    log_warnings(context.settings.config)
    try:
        yield
    except DataDirectoryInUseError as error:
        raise DataDirectoryInUseError(f"{error.message}; stop the server first") from error


def log_warnings(config: Config) -> None:
    """Tell of a command's own work, on standard error, only what somebody should know."""
    logs.set_up(Log(level="warning", format=config.log.format))


def complain(line: str) -> None:
    """Print a line to standard error, whatever else is wanted."""
    click.echo(printable(line), err=True)


def _print(lines: Iterable[str]) -> None:
    # A line may hold words of plugins and users: they get no line of their own.
    for line in lines:
        click.echo(printable(line))


pass_context = click.make_pass_decorator(Context)
