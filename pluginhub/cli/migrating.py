"""``pluginhub migrate``."""

import asyncio
import json
import sys
from collections.abc import Mapping
from contextlib import AbstractContextManager
from pathlib import Path

import click
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from pluginhub import manifest
from pluginhub.care.migration import report, running
from pluginhub.care.migration.people import Renamed
from pluginhub.care.migration.running import Order
from pluginhub.care.migration.source import user_id
from pluginhub.care.migration.survey import Progress
from pluginhub.cli.context import PARTLY, Context, alone, log_warnings, pass_context
from pluginhub.cli.progress import shown
from pluginhub.errors import InvalidError
from pluginhub.storage.data_directory import DataDirectory
from pluginhub.web.credentials import Email, UserName

_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)


class _Name(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: UserName
    email: Email | None = None


@click.command()
@click.argument("source", required=False, type=click.Path(path_type=Path, file_okay=False))
@click.option("--database", type=_FILE, help="The old application's SQLite database.")
@click.option("--apply", "do_it", is_flag=True, help="Do it; else it is only said.")
@click.option("--user-map", type=_FILE, help='JSON: {"<old id>": {"name": ..., "email": ...}}.')
@click.option("--report", "file", type=click.Path(path_type=Path), help="Write all of it as JSON.")
@click.option("--rollback", metavar="ID", help="Take a migration back, in place of SOURCE.")
@click.option("--force", is_flag=True, help="Take it back although users changed something since.")
@pass_context
def migrate(
    context: Context,
    source: Path | None,
    *,
    database: Path | None,
    do_it: bool,
    user_map: Path | None,
    file: Path | None,
    rollback: str | None,
    force: bool,
) -> None:
    """Migrate from a directory in which every user has copies of their plugins.

    Without --apply nothing is changed, here or there: it is only said what would be done. The
    source is never changed; no server may run on the data directory with --apply or --rollback.

    Exit code 3 if something could not be taken, 1 if there was nothing to take.
    """
    data = DataDirectory.at(context.settings.config.storage.plugins_base_dir)
    if (source is None) == (rollback is None):
        raise click.UsageError("give a SOURCE, or --rollback ID")
    if rollback is not None:
        with alone(context):
            asyncio.run(running.roll_back(data, rollback, force=force))
        context.show({"rolled_back": rollback}, f"{rollback} was taken back")
        return
    assert source is not None  # noqa: S101 - for the type checker; see above
    log_warnings(context.settings.config)
    order = Order(source.absolute(), database, _names(user_map) if user_map else {})
    told, lines, code = _apply(context, order, data) if do_it else _preview(context, order, data)
    if file:
        file.write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
    context.show(told, *lines)
    if code:
        sys.exit(code)


COMMANDS = (migrate,)

Told = tuple[dict[str, object], list[str], int]


def _preview(context: Context, order: Order, data: DataDirectory) -> Told:
    plan = asyncio.run(running.preview(order, data, _shown(context)))
    lines = [*report.lines(plan), f"about {report.estimate(plan)} s; --apply does it"]
    return report.of_plan(plan), lines, _code(bool(plan.contents), partly=bool(plan.skipped))


def _apply(context: Context, order: Order, data: DataDirectory) -> Told:
    reserve = context.settings.config.storage.disk_reserve
    with alone(context):
        result = asyncio.run(running.apply(order, data, reserve, _shown(context)))
    plan = result.plan
    partly = bool(plan.skipped or result.applied.skipped or result.problems)
    lines = [*report.lines(plan), *report.result_lines(result)]
    return report.of_result(result), lines, _code(bool(plan.contents), partly=partly)


def _code(anything: bool, *, partly: bool) -> int:
    if not anything:
        return 1
    return PARTLY if partly else 0


def _shown(context: Context) -> running.Shown:
    def one(name: str) -> AbstractContextManager[Progress]:
        return shown(context, name)

    return one


def _names(file: Path) -> Mapping[str, Renamed]:
    try:
        said = TypeAdapter(dict[str, _Name]).validate_json(file.read_bytes())
    except ValidationError as error:
        problems = "; ".join(f"{path}: {text}" for path, text in manifest.explain(error)[:5])
        raise InvalidError(f"{file}: {problems}") from error
    return {user_id(f"user_{key}") or key: Renamed(it.name, it.email) for key, it in said.items()}
