import ast
from pathlib import Path

import pluginhub
from pluginhub.events.actions import TYPE_OF

NO_EVENTS = {  # actions that nobody is told of
    *("keep", "unkeep"),  # say what sweeps do later
    "migrate",  # while no server runs
    *("evict", "sweep", "backup"),  # care; each release that a sweep removes is told
    *("add-webhook", "change-webhook", "remove-webhook"),
}


def test_every_action_that_is_audited_is_an_event_or_named_here() -> None:
    known = {*TYPE_OF, *NO_EVENTS}
    package = Path(pluginhub.__file__).parent
    found = {
        argument.value
        for path in package.glob("*/**/*.py")
        if "node_modules" not in path.parts
        for call in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(call, ast.Call) and ast.unparse(call.func) == "audit.record"
        for argument in call.args[2:3]
        if isinstance(argument, ast.Constant)
    }
    assert {"publish", "yank", "set-password"} <= found
    assert found <= known
