"""Reads values from expressions of a Python source, without running any of it."""

import ast
import math
from collections.abc import Callable
from typing import Any

from pluginhub.storage.bindings import Expression, Scope

_MAX_WORK = 1024 * 1024  # characters; what a name stands for counts as often as it is read
_COST_OF_NODE = 4
_MAX_INTEGER = 2**63
_MAX_UNREAD = 100
_MAX_SHOWN = 80  # characters of one key

_Sequence = ast.List | ast.Tuple | ast.Set


class NotLiteralError(ValueError):
    """An expression is not made of literals."""


class Reader:
    """Reads expressions as JSON values, and remembers what it had to leave out.

    Attributes:
        unread: Paths of values that are no literals, such as ``data.services[0].name``.
        lines: On which line of the source the value of a path begins.
    """

    def __init__(self) -> None:
        self.unread: list[str] = []
        self.lines: dict[str, int] = {}
        self._left = _MAX_WORK
        self._open: set[ast.expr] = set()
        self._readers: dict[type[ast.expr], Callable[[Any, Scope, str], Any]] = {
            ast.Constant: self._constant,
            ast.Dict: self._dict,
            ast.List: self._list,
            ast.Tuple: self._list,
            ast.Set: self._list,
            ast.UnaryOp: self._minus,
            ast.BinOp: self._sum,
            ast.JoinedStr: self._joined,
            ast.Name: self._name,
            ast.Attribute: self._attribute,
            ast.Subscript: self._item,
            ast.Call: self._converted,
        }

    def read(self, expression: Expression, path: str) -> Any:
        """Return the value of an expression, without the parts of it that are no literals.

        Args:
            expression: What to read.
            path: Its name in ``unread``.

        Raises:
            NotLiteralError: The expression as a whole is no literal.
            ValueError: It is too large.
        """
        try:
            return self._value(expression.node, expression.scope, path)
        except RecursionError as error:
            raise NotLiteralError(f"{path}: is nested too deeply") from error

    def _value(self, node: ast.expr, scope: Scope, path: str) -> Any:
        self._spend(_COST_OF_NODE, path)
        if line := getattr(node, "lineno", None):  # names of arguments stand nowhere
            self.lines.setdefault(path, line)
        read = self._readers.get(type(node))
        if read is None:
            raise _not_literal(path)
        return read(node, scope, path)

    def _spend(self, amount: int, path: str) -> None:
        self._left -= amount
        if self._left < 0:
            raise ValueError(f"{path[:_MAX_SHOWN]}: is too large")

    def _constant(self, node: ast.Constant, _: Scope, path: str) -> Any:
        value = node.value
        if isinstance(value, str):
            self._spend(len(value), path)
        if not _is_json(value):
            raise _not_literal(path)
        return value

    def _minus(self, node: ast.UnaryOp, scope: Scope, path: str) -> int | float:
        value = self._value(node.operand, scope, path)
        if isinstance(node.op, ast.USub) and type(value) in {int, float}:
            return -value  # type: ignore[no-any-return]
        raise _not_literal(path)

    def _dict(self, node: ast.Dict, scope: Scope, path: str) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key, value in zip(node.keys, node.values, strict=True):
            below = f"{path}.**"
            try:
                if key is None:
                    found.update(self._mapping(value, scope, below))
                    continue
                name = self._key(key, scope, f"{path}.*")
                below = f"{path}.{_shown(name)}"
                found.pop(name, None)
                found[name] = self._value(value, scope, below)
            except NotLiteralError:
                self._leave_out(below)
        return found

    def _mapping(self, node: ast.expr, scope: Scope, path: str) -> dict[str, Any]:
        value = self._value(node, scope, path)
        if isinstance(value, dict):
            return value
        raise _not_literal(path)

    def _key(self, node: ast.expr, scope: Scope, path: str) -> str:
        key = self._value(node, scope, path)
        if type(key) in {str, int}:
            return str(key)
        raise _not_literal(path)

    def _list(self, sequence: _Sequence, scope: Scope, path: str) -> list[Any]:
        found: list[Any] = []
        for number, node in enumerate(sequence.elts):
            below = f"{path}[{number}]"
            try:
                if isinstance(node, ast.Starred):
                    found += self._sequence(node.value, scope, below)
                else:
                    found.append(self._value(node, scope, below))
            except NotLiteralError:
                self._leave_out(below)
        return found

    def _sequence(self, node: ast.expr, scope: Scope, path: str) -> list[Any]:
        value = self._value(node, scope, path)
        if isinstance(value, list):
            return value
        raise _not_literal(path)

    def _leave_out(self, path: str) -> None:
        self._spend(1, path)
        if len(self.unread) < _MAX_UNREAD:
            self.unread.append(path)

    def _sum(self, node: ast.BinOp, scope: Scope, path: str) -> Any:
        left = self._value(node.left, scope, path)
        right = self._value(node.right, scope, path)
        if isinstance(node.op, ast.Add) and type(left) is type(right) and type(left) in {str, list}:
            return left + right
        raise _not_literal(path)

    def _joined(self, node: ast.JoinedStr, scope: Scope, path: str) -> str:
        return "".join(self._text(part, scope, path) for part in node.values)

    def _text(self, node: ast.expr, scope: Scope, path: str) -> str:
        """Return a part of an f-string."""
        if isinstance(node, ast.FormattedValue):
            if node.format_spec or node.conversion not in {-1, ord("s")}:
                raise _not_literal(path)
            node = node.value
        return self._as_text(self._value(node, scope, path), path)

    def _as_text(self, value: object, path: str) -> str:
        if isinstance(value, dict | list):
            raise _not_literal(path)
        return str(value)

    def _name(self, node: ast.Name, scope: Scope, path: str) -> Any:
        return self._bound(scope.name(node.id), path)

    def _attribute(self, node: ast.Attribute, scope: Scope, path: str) -> Any:
        owner = node.value.id if isinstance(node.value, ast.Name) else ""
        return self._bound(scope.attribute(owner, node.attr), path)

    def _bound(self, bound: Expression | None, path: str) -> Any:
        if bound is None or bound.node in self._open:
            raise _not_literal(path)
        self._open.add(bound.node)
        try:
            return self._value(bound.node, bound.scope, path)
        finally:
            self._open.discard(bound.node)

    def _item(self, node: ast.Subscript, scope: Scope, path: str) -> Any:
        before = len(self.unread)
        owner = self._value(node.value, scope, path)
        del self.unread[before:]  # only one item of the whole is of interest
        key = self._value(node.slice, scope, path)
        if isinstance(owner, dict) and isinstance(key, str) and key in owner:
            return owner[key]
        raise _not_literal(path)

    def _converted(self, node: ast.Call, scope: Scope, path: str) -> Any:
        """Return what ``str``, ``list`` and ``dict`` make of literals."""
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        match name, node.args:
            case _ if scope.has(name):
                pass
            case "str", [only] if not node.keywords:
                return self._as_text(self._value(only, scope, path), path)
            case "list", [only] if not node.keywords:
                return self._sequence(only, scope, path)
            case "dict", [*parts] if len(parts) <= 1:
                words = [ast.Constant(word.arg) if word.arg else None for word in node.keywords]
                values = [word.value for word in node.keywords]
                whole = ast.Dict([*(None for _ in parts), *words], [*parts, *values])
                return self._dict(whole, scope, path)
        raise _not_literal(path)


def _is_json(value: object) -> bool:
    if isinstance(value, str):
        return value.isascii() or not any("\ud800" <= sign <= "\udfff" for sign in value)
    if isinstance(value, float):
        return math.isfinite(value)
    if isinstance(value, int):
        return -_MAX_INTEGER <= value < _MAX_INTEGER
    return value is None


def _shown(key: str) -> str:
    key = key[:_MAX_SHOWN]
    return key if key.isprintable() else ascii(key)


def _not_literal(path: str) -> NotLiteralError:
    return NotLiteralError(f"{path}: is not a literal")
