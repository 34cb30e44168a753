import ast
import warnings

import pytest

from pluginhub.storage import bindings

SOURCE = b"""
import os
import os.path as where

ONE = 1
TWICE = 1
TWICE = 2
TYPED: int = 4
DECLARED: int
CHANGED = 1
CHANGED += 1
FROM_A_FUNCTION = 1
a = b = 7
for loop in range(3):
    pass


def function():
    global FROM_A_FUNCTION
    inside = 1


class Manager:
    plugin_data: dict
    LEVEL = 5
    second = LEVEL
    os.environment = 1
    late = 1

    def other(self):
        self.late = 2
        self.early = "second"

    def __init__(self, given):
        local = 3
        self.plugin_data = {"ours": local}
        self.early = "first"
        self.counted: int = 6
        another.alien = "not ours"
        self.part.alien = "not ours either"

    @property
    def computed(self):
        return "property"

    @property
    def undecided(self):
        if self.late:
            return 1
        return 2

    def method(self):
        return "method"


try:
    pass
except ValueError as error:
    pass
"""


@pytest.fixture(name="module", scope="module")
def _module() -> bindings.Scope:
    return bindings.parse(SOURCE)


def shown(expression: bindings.Expression | None) -> str | None:
    return ast.unparse(expression.node) if expression else None


@pytest.mark.parametrize(
    ("name", "expected"),
    [("ONE", "1"), ("TYPED", "4"), ("a", "7"), ("b", "7")],
)
def test_a_name_bound_once_has_its_expression(
    module: bindings.Scope, name: str, expected: str
) -> None:
    assert shown(module.name(name)) == expected


@pytest.mark.parametrize(
    "name",
    [
        "TWICE",
        "DECLARED",
        "CHANGED",
        "FROM_A_FUNCTION",
        "loop",
        "function",
        "Manager",
        "os",
        "where",
        "error",
        "inside",
        "missing",
    ],
)
def test_a_name_bound_otherwise_has_none(module: bindings.Scope, name: str) -> None:
    assert module.name(name) is None


@pytest.mark.parametrize("name", ["ONE", "TWICE", "function", "Manager", "os", "where", "error"])
def test_all_that_is_bound_is_no_built_in_name(module: bindings.Scope, name: str) -> None:
    assert module.has(name)
    assert not module.has("dict")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("LEVEL", "5"),
        ("counted", "6"),
        ("plugin_data", "{'ours': local}"),
        ("computed", "'property'"),
        ("undecided", None),
        ("method", None),
        ("alien", None),
        ("environment", None),
        ("late", None),
        ("early", None),
        ("missing", None),
    ],
)
def test_attributes_of_a_class_come_from_all_its_parts(
    module: bindings.Scope, name: str, expected: str | None
) -> None:
    assert shown(module.attribute("Manager", name)) == expected
    data = module.attribute("Manager", "plugin_data")
    assert data
    assert shown(data.scope.attribute("self", name)) == expected
    assert shown(data.scope.attribute("cls", name)) == expected
    assert module.attribute("self", name) is None
    assert module.attribute("Other", name) is None


def test_a_method_sees_its_own_names_and_those_of_the_module(module: bindings.Scope) -> None:
    data = module.attribute("Manager", "plugin_data")
    assert data
    assert shown(data.scope.name("local")) == "3"
    assert shown(data.scope.name("ONE")) == "1"
    assert data.scope.name("LEVEL") is None
    assert data.scope.name("given") is None
    assert data.scope.has("given")


def test_a_class_sees_its_own_names_and_a_method_those_of_the_module_too(
    module: bindings.Scope,
) -> None:
    second, data = (module.attribute("Manager", name) for name in ("second", "plugin_data"))
    assert second
    assert data
    assert shown(second.scope.name("LEVEL")) == "5"
    assert shown(second.scope.name("ONE")) == "1"
    assert data.scope.has("ONE")
    assert not data.scope.has("LEVEL")


def test_candidates_are_those_of_classes_first_and_there_of_the_constructor() -> None:
    module = bindings.parse(
        b"data = 1\n"
        b"class C:\n"
        b"    data = 2\n"
        b"    def update(self):\n        self.data = 3\n"
        b"    def __init__(self):\n        self.DATA, x = 0, 0\n        self.data = 4\n"
        b"    @property\n    def DATA(self):\n        return 5\n"
    )
    found = bindings.candidates(module, ("data", "DATA"))
    assert [shown(expression) for expression in found] == ["4", "3", "2", "5", "1"]


def test_a_class_in_a_branch_is_found() -> None:
    module = bindings.parse(
        b"try:\n    import a\nexcept ImportError:\n    class C:\n        x = 1\n"
    )
    assert shown(module.attribute("C", "x")) == "1"


@pytest.mark.parametrize(
    "source",
    [
        b"def (",
        b"\0",
        b"x = " + b"-" * 200_000 + b"1",
        b"x = " + b"1 + " * 100_000 + b"1",
        b"x = " + b"(" * 300 + b")" * 300,
        b"# coding: hex\n",
        b"# coding: unknown\n",
        b"x = '\xff'",
    ],
    ids=["syntax", "null", "minus", "sum", "parentheses", "no text", "unknown", "no utf-8"],
)
def test_what_is_no_python_is_refused(source: bytes) -> None:
    with pytest.raises(ValueError, match=r"^line \d+: .|^is nested too deeply$"):
        bindings.parse(source)


def test_a_declared_encoding_is_honoured() -> None:
    module = bindings.parse("# coding: latin-1\nname = 'Größe'".encode("latin-1"))
    assert shown(module.name("name")) == "'Größe'"


def test_warnings_of_the_source_stay_inside() -> None:
    with warnings.catch_warnings(record=True, action="always") as seen:
        bindings.parse(rb"path = '\d'")
        warnings.warn("ours", stacklevel=1)
    assert [str(warning.message) for warning in seen] == ["ours"]
