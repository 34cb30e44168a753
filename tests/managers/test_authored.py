from typing import Any

import pytest

from pluginhub.errors import HookError
from tests.managers.workshop import ANN, Workshop

pytestmark = [
    pytest.mark.asyncio(loop_scope="module"),
    pytest.mark.timeout(60),  # starts processes
]

DIARY = """
    from pluginhub.hooks import LifecycleHooks, Status

    class Hooks(LifecycleHooks):
        {prefix}def on_install(self, context): context.config["did"] = "install"
        {prefix}def on_enable(self, context): context.config["did"] = "enable"
        {prefix}def on_disable(self, context): context.config["did"] = "disable"
        {prefix}def on_uninstall(self, context): context.config["did"] = "uninstall"
        {prefix}def on_update(self, context, from_version): context.config["did"] = from_version
        {prefix}def status(self, context): return Status("healthy", "well", {{"x": 1}})
        {prefix}def export_user_data(self, context): return ["x"]
        {prefix}def import_user_data(self, context, data): context.config["data"] = data
"""


@pytest.mark.parametrize("prefix", ["", "async "], ids=["plain", "async"])
@pytest.mark.parametrize(
    ("hook", "data", "expected"),
    [
        ("install", {}, {"config": {"did": "install"}}),
        ("enable", {}, {"config": {"did": "enable"}}),
        ("disable", {}, {"config": {"did": "disable"}}),
        ("uninstall", {}, {"config": {"did": "uninstall"}}),
        ("update", {"from_version": "0.9"}, {"config": {"did": "0.9"}}),
        (
            "update",
            {"from_version": "0.9", "user_data": None},
            {"config": {"did": "0.9", "data": None}},
        ),
        ("install", {"user_data": [1]}, {"config": {"did": "install", "data": [1]}}),
        (
            "status",
            {},
            {
                "config": {},
                "status": {"status": "healthy", "message": "well", "details": {"x": 1}},
            },
        ),
        ("export", {}, {"config": {}, "user_data": ["x"]}),
    ],
)
async def test_each_hook_is_called(
    shared: Workshop, prefix: str, hook: str, data: dict[str, Any], expected: dict[str, Any]
) -> None:
    code = shared.write(DIARY.format(prefix=prefix))
    assert await shared.call(code, hook, **data) == expected


async def test_a_hook_knows_for_whom_it_runs(shared: Workshop) -> None:
    code = shared.on_install(
        """
        context.config.update(
            old=dict(context.config),
            who=[context.user_id, context.user_name, context.slug, context.version],
            files=(context.files / "hooks.py").is_file(),
            scratch=context.scratch == Path.cwd(),
        )
        """,
        "1.2.3",
    )
    assert (await shared.call(code, config={"a": 1}))["config"] == {
        "a": 1,
        "old": {"a": 1},
        "who": [ANN, "ann", code.slug, "1.2.3"],
        "files": True,
        "scratch": True,
    }


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("class Hooks: pass", "must define one class that derives from LifecycleHooks, not 0"),
        ("from pluginhub.hooks import LifecycleHooks", "not 0"),
        (
            """
            from pluginhub.hooks import LifecycleHooks
            class A(LifecycleHooks): pass
            class B(A): pass
            """,
            "not 2",
        ),
    ],
)
async def test_the_class_must_be_clear(shared: Workshop, source: str, message: str) -> None:
    with pytest.raises(HookError, match=message):
        await shared.call(shared.write(source))


async def test_a_class_with_two_names_is_one_class(shared: Workshop) -> None:
    source = "from pluginhub.hooks import LifecycleHooks\nclass A(LifecycleHooks): pass\nHooks = A"
    assert await shared.call(shared.write(source)) == {"config": {}}


async def test_a_status_has_its_form(shared: Workshop) -> None:
    source = """
        from pluginhub.hooks import LifecycleHooks
        class Hooks(LifecycleHooks):
            def status(self, context): return "healthy"
    """
    with pytest.raises(HookError, match=r"status\(\) must return a Status, not str"):
        await shared.call(shared.write(source), "status")


async def test_the_module_can_be_found_by_its_name(shared: Workshop) -> None:
    code = shared.on_install(
        "context.config['same'] = sys.modules[__name__].Hooks is Hooks\n"
        "context.config['name'] = __name__",
        slug="my-clock",
    )
    assert (await shared.call(code))["config"] == {
        "same": True,
        "name": "pluginhub_plugin_my_clock",
    }
