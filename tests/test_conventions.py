"""What is agreed on for all of pluginhub, held by tests."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

import pluginhub
from pluginhub.app import PAGES, ROUTES
from pluginhub.cli.main import cli
from pluginhub.config import Config
from pluginhub.demo.host import ROUTES as DEMO_ROUTES

PACKAGE = Path(pluginhub.__file__).parent
ROOT = PACKAGE.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
API = (ROOT / "docs/api.md").read_text(encoding="utf-8")

# Imports go from a step to a lower one, or stay within one folder.
STEPS = (
    {"__main__"},
    {"cli"},
    {"demo"},
    {"app"},
    {"live", "upkeep"},
    {"web"},
    {"authoring", "care"},
    {"accounts", "events", "lifecycle"},
    {"database", "managers", "sources", "storage"},
    {"logs", "models", "tallies"},
    {"config", "config_schema", "hooks", "manifest", "versions"},
    {"background", "cancellation", "errors"},
    {"__init__"},
)
# Outside libraries that only some folders may use.
RESERVED = {
    "aiohttp": {"app", "cli", "demo", "live", "sources", "upkeep", "web"},
    "aiosqlite": {"database"},
    "sqlite3": {"database", "managers"},
    "sqlalchemy": {"managers"},
    "argon2": {"accounts"},
    "bcrypt": {"accounts"},
    "click": {"cli"},
    "jwt": {"accounts"},
    "prometheus_client": {"web"},
    "psutil": {"managers", "storage"},
    "rich": {"cli"},
    "watchfiles": {"sources"},
}
# Where a boundary has to survive whatever happens behind it.
MAY_CATCH_EVERYTHING = {
    "lifecycle/job_runner.py",
    "background.py",
    "managers/braindrive/app/plugins/base_lifecycle_manager.py",
    "managers/job.py",
    "web/problems.py",
}

MODULES = sorted(
    path.relative_to(PACKAGE).as_posix()
    for path in PACKAGE.rglob("*.py")
    if "node_modules" not in path.parts
)


def tree(module: str) -> ast.Module:
    return ast.parse((PACKAGE / module).read_text(encoding="utf-8"))


def folder(module: str) -> str:
    """Return the first part of a module's path: ``web`` of ``web/files.py``."""
    return module.removesuffix(".py").split("/")[0]


def imported(module: str) -> Iterator[str]:
    for node in ast.walk(tree(module)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def step(name: str) -> int:
    return next(number for number, names in enumerate(STEPS) if name in names)


@pytest.mark.parametrize("module", MODULES)
def test_imports_point_down(module: str) -> None:
    own = folder(module)
    names = {name.split(".")[1] for name in imported(module) if name.startswith("pluginhub.")}
    others = {name for name in names - {own} if not name.startswith("__")}
    assert [name for name in others if step(name) <= step(own)] == []


@pytest.mark.parametrize("library", RESERVED)
def test_a_library_stays_where_it_belongs(library: str) -> None:
    users = {
        folder(module)
        for module in MODULES
        if any(name.split(".")[0] == library for name in imported(module))
    }
    assert users <= RESERVED[library]


@pytest.mark.parametrize("module", MODULES)
def test_modules_and_functions_are_short(module: str) -> None:
    assert len((PACKAGE / module).read_text(encoding="utf-8").splitlines()) <= 250
    functions = (
        node
        for node in ast.walk(tree(module))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )
    assert [node.name for node in functions if length(node) > 40] == []


def length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Return the lines of a function without its docstring."""
    documented = ast.get_docstring(function) is not None
    first = function.body[1] if documented and len(function.body) > 1 else function.body[0]
    return (function.end_lineno or 0) - first.lineno + 1


@pytest.mark.parametrize("module", MODULES)
def test_only_boundaries_catch_everything(module: str) -> None:
    caught = [
        ast.unparse(node.type) if node.type else "everything"
        for node in ast.walk(tree(module))
        if isinstance(node, ast.ExceptHandler)
        and not any(isinstance(part, ast.Raise) and part.exc is None for part in node.body)
    ]
    everything = {"Exception", "BaseException", "everything"} & set(caught)
    assert not everything or module in MAY_CATCH_EVERYTHING


@pytest.mark.parametrize("module", MODULES)
def test_there_are_no_notes_to_self(module: str) -> None:
    text = (PACKAGE / module).read_text(encoding="utf-8")
    assert re.findall(r"\b(?:TODO|FIXME|XXX|HACK)\b", text) == []


@pytest.mark.parametrize("module", MODULES)
def test_every_module_has_tests_of_its_name(module: str) -> None:
    parent, _, name = module.rpartition("/")
    if name.startswith("__") or "demo" in module:
        return
    assert (ROOT / "tests" / parent / f"test_{name}").is_file() != (module in TESTED_ELSEWHERE)


# What is tested by the tests of those who use it.
TESTED_ELSEWHERE = {
    "web/api/care.py",  # web/api/test_system.py, care/test_verify.py, cli/test_care.py
    "storage/inspection.py",  # care/test_verify.py
    "storage/published.py",  # storage/test_shared.py, web/files/test_serve.py
    "upkeep.py",  # test_app.py, and the tests of what it starts
    "lifecycle/keep.py",  # web/api/test_keeping.py
    "database/tombstones.py",  # care/test_unused.py
    "database/unused_releases.py",  # care/test_cleanup.py
    "accounts/proof.py",  # web/identity/test_proofs.py
    "live.py",  # cli/test_reloading.py
    # care/migration/test_running.py
    *(
        f"care/migration/{name}.py"
        for name in (
            *("applying", "belongings", "people", "plan", "planning", "record", "report"),
            *("survey", "undoing", "validating"),
        )
    ),
    "database/fingerprints.py",  # care/migration/test_running.py
    "database/former_ids.py",  # care/migration/test_running.py
    "storage/content.py",  # storage/test_bundle.py
    "cli/stopping.py",  # cli/test_serve.py
    "lifecycle/discard.py",  # care/test_unused.py, lifecycle/test_develop.py
    "lifecycle/judging.py",  # lifecycle/test_publish.py, authoring/test_described.py
    "cli/client.py",  # cli/test_installations.py, with a server and without
    "cli/context.py",  # every test of cli/
    "cli/main.py",  # every test of cli/
    "cli/plans.py",  # cli/test_installations.py
    "cli/publishing.py",  # cli/test_catalogue.py
    "cli/server.py",  # cli/test_serve.py
    "cli/settings.py",  # cli/test_serve.py
    "events/listener.py",  # events/test_feed.py
    "database/idempotency_keys.py",  # web/test_idempotency.py
    "errors/bundles.py",  # web/test_problems.py
    "errors/general.py",  # web/test_problems.py
    "errors/hooks.py",  # web/test_problems.py
    "lifecycle/jobs.py",  # web/api/test_jobs.py
    "managers/children.py",  # managers/test_worker.py, managers/test_fork_server.py
    "managers/forked.py",  # managers/test_worker.py, managers/test_fork_server.py
    "managers/interpreter.py",  # managers/test_job.py, managers/test_fork_server.py
    "managers/launcher.py",  # managers/test_supervised.py
    "managers/statistics.py",  # managers/test_manager.py
    "models.py",  # database/
    "sources/addresses.py",  # sources/test_guard.py, sources/test_repository.py
    "sources/client.py",  # sources/test_url.py
    "web/api/plans.py",  # every test of web/api/
    "web/api/routes.py",  # test_app.py
    "web/compat/answers.py",  # every test of web/compat/
    "web/compat/form.py",  # web/compat/test_install.py
    "web/compat/lookup.py",  # every test of web/compat/
    "web/compat/records.py",  # every test of web/compat/
    "web/compat/routes.py",  # test_app.py
    "web/compat/state_shapes.py",  # web/compat/test_plugin_state.py
    "web/api/export_shapes.py",  # web/api/test_exports.py
    "web/api/export_values.py",  # web/api/test_exports.py
    "web/api/shapes.py",  # every test of web/api/
    "web/api/plugin_shapes.py",  # web/api/test_catalogue.py
    "web/keys.py",  # test_app.py
    "web/pages/status/parts.py",  # every test of web/pages/status/
}


@pytest.mark.parametrize("route", [*ROUTES, *PAGES, *DEMO_ROUTES], ids=lambda route: route.path)
def test_every_route_is_in_the_documentation(route: object) -> None:
    method, path = getattr(route, "method", ""), getattr(route, "path", "")
    shown = re.sub(r":[^}]*", "", path)
    assert re.search(rf"`[A-Z ]*{method}[A-Z ]* {re.escape(shown)}`", API)


def test_every_setting_is_explained_in_config_toml() -> None:
    text = (ROOT / "config.toml").read_text(encoding="utf-8")
    for section, values in Config().model_dump().items():
        body = text.partition(f"\n[{section}]\n")[2].partition("\n[")[0]
        for name in values:
            assert re.search(rf"^# .+\n{name} = ", body, re.MULTILINE), f"{section}.{name}"


def test_every_command_is_in_the_readme() -> None:
    table = README.partition("| command | does |")[2].partition("\n\n")[0]
    assert [name for name in commands(cli) if not re.search(rf"`{name}[ `]", table)] == []


def commands(group: click.Group, prefix: str = "") -> Iterator[str]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        if isinstance(command, click.Group):
            yield from commands(command, f"{prefix}{name} ")
        else:
            assert command
            yield f"{prefix}{name}"


def test_every_path_in_the_readmes_structure_exists() -> None:
    structure = README.partition("## Structure")[2].partition("\n## ")[0]
    paths = re.findall(r"`((?:pluginhub|tests|config|pyproject|\.ci)[\w./-]*)`", structure)
    assert paths
    assert [path for path in paths if not (ROOT / path).exists()] == []
