"""Finds what a table names as evidence: tests, and reasons in the docstrings of modules."""

import ast
from functools import cache
from pathlib import Path

import pluginhub

_ROOT = Path(pluginhub.__file__).parent.parent


def is_there(name: str) -> bool:
    """Return whether there is what is named.

    Args:
        name: ``tests/path.py::test_name``, or ``pluginhub/path.py: words`` for a reason that stands
            in the docstring of a module.
    """
    path, is_test, function = name.partition("::")
    if is_test:
        return function.startswith("test_") and function in _functions(path)
    path, _, words = name.partition(": ")
    return bool(words) and words in " ".join(_docstring(path).split())


@cache
def _tree(path: str) -> ast.Module:
    file = _ROOT / path
    return ast.parse(file.read_text(encoding="utf-8") if file.is_file() else "")


@cache
def _functions(path: str) -> frozenset[str]:
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return frozenset(node.name for node in _tree(path).body if isinstance(node, kinds))


def _docstring(path: str) -> str:
    return ast.get_docstring(_tree(path)) or ""
