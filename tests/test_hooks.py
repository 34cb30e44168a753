import inspect
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pluginhub.hooks import HookContext, LifecycleHooks, Status

CONTEXT = HookContext("a" * 32, "ann", "Clock", "1.0.0", {}, Path("files"), Path("scratch"))


def test_a_status_is_one_of_three_words() -> None:
    assert Status("healthy").details == {}
    word: Any = "fine"
    with pytest.raises(ValueError, match="one of healthy, unhealthy, unknown, not 'fine'"):
        Status(word)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("on_install", ()),
        ("on_update", ("1.0.0",)),
        ("on_enable", ()),
        ("on_disable", ()),
        ("on_uninstall", ()),
        ("export_user_data", ()),
        ("import_user_data", ({},)),
    ],
)
def test_hooks_that_are_not_overwritten_do_nothing(name: str, arguments: tuple[Any, ...]) -> None:
    assert getattr(LifecycleHooks(), name)(CONTEXT, *arguments) is None


def test_the_status_is_unknown_unless_overwritten() -> None:
    assert LifecycleHooks().status(CONTEXT) == Status("unknown")


def test_hooks_are_written_with_or_without_async() -> None:
    class Hooks(LifecycleHooks):
        def on_install(self, context: HookContext) -> None:
            context.config["x"] = 1

        async def status(self, context: HookContext) -> Status:
            return Status("healthy", context.slug)

    hooks = Hooks()
    hooks.on_install(CONTEXT)
    assert CONTEXT.config.pop("x") == 1
    assert inspect.iscoroutinefunction(hooks.status)


def test_the_contract_needs_only_the_standard_library() -> None:
    code = f"""
import sys
sys.path[:] = {[path for path in sys.path if path]}
import pluginhub.hooks
names = {{name.partition(".")[0] for name in sys.modules}}
print(*(names - sys.stdlib_module_names))
"""
    run = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code], capture_output=True, text=True, check=True
    )
    assert set(run.stdout.split()) == {"pluginhub", "__main__"}
