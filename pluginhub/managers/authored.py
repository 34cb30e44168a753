"""Runs the hooks of a plugin that was written for pluginhub."""

import importlib.util
import inspect
import re
import sys
from collections.abc import Awaitable
from pathlib import Path
from types import ModuleType
from typing import Any

from pluginhub.hooks import HookContext, LifecycleHooks, Status


async def run(request: dict[str, Any]) -> dict[str, Any]:
    """Run one hook for one user.

    Args:
        request: As in ``job.answer``; its ``data`` has ``user_id``, ``user_name``, ``config``
            and, for an update, ``from_version`` and maybe ``user_data`` to import.

    Returns:
        ``config`` as the hook leaves it, and the ``status`` or ``user_data`` that was asked for.

    Raises:
        HookRefusedError: The plugin says no.
        Exception: Whatever the plugin raises.
    """
    hooks = _load(request)()
    data = request["data"]
    context = HookContext(
        user_id=data["user_id"],
        user_name=data["user_name"],
        slug=request["slug"],
        version=request["version"],
        config=data["config"],
        files=Path(request["path"]),
        scratch=Path(request["scratch"]),
    )
    result = await _call(hooks, request["hook"], context, data)
    return {**result, "config": context.config}


async def _call(
    hooks: LifecycleHooks, hook: str, context: HookContext, data: dict[str, Any]
) -> dict[str, Any]:
    if hook == "status":
        return {"status": _as_json(await _done(hooks.status(context)))}
    if hook == "export":
        return {"user_data": await _done(hooks.export_user_data(context))}
    if hook == "update":
        await _done(hooks.on_update(context, data["from_version"]))
    else:
        await _done(getattr(hooks, f"on_{hook}")(context))
    if "user_data" in data:
        await _done(hooks.import_user_data(context, data["user_data"]))
    return {}


async def _done(result: Any) -> Any:
    return await result if isinstance(result, Awaitable) else result


def _as_json(status: object) -> dict[str, Any]:
    if not isinstance(status, Status):
        raise TypeError(f"status() must return a Status, not {type(status).__name__}")
    return {"status": status.status, "message": status.message, "details": status.details}


def _load(request: dict[str, Any]) -> type[LifecycleHooks]:
    """Import the file of hooks, and return the class that it defines."""
    file = Path(request["path"], request["hooks"])
    module = _imported(file, "pluginhub_plugin_" + re.sub(r"\W", "_", request["slug"]))
    found = [
        value
        for value in vars(module).values()
        if inspect.isclass(value)
        and issubclass(value, LifecycleHooks)
        and value.__module__ == module.__name__
    ]
    if len(set(found)) != 1:
        raise TypeError(
            f"{request['hooks']} must define one class that derives from LifecycleHooks,"
            f" not {len(set(found))}"
        )
    return found[0]


def _imported(file: Path, name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise ImportError(f"{file.name} is not a Python file")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    sys.path.insert(0, str(file.parent))
    spec.loader.exec_module(module)
    return module
