"""What the names of a Python source are bound to, found without running any of it."""

import ast
import threading
import warnings
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Union

Function = ast.FunctionDef | ast.AsyncFunctionDef
# A name with other than one binding, or bound to None (not to one expression), says nothing.
Bindings = defaultdict[str, list[Union["Expression", None]]]

_NESTED = (
    ast.FunctionDef,
    ast.AsyncFunctionDef,
    ast.ClassDef,
    ast.Lambda,
    ast.ListComp,
    ast.SetComp,
    ast.DictComp,
    ast.GeneratorExp,
)
_parsing = threading.Lock()  # warnings are silenced for the whole process


def _bindings() -> Bindings:
    return defaultdict(list)


@dataclass(frozen=True, slots=True)
class Scope:
    """Where an expression stands.

    Attributes:
        names: What is bound in this scope itself.
        attributes: What ``self`` and ``cls`` have, inside of a class.
        classes: The attributes of every class of the source.
    """

    names: Bindings = field(default_factory=_bindings)
    outer: "Scope | None" = None
    attributes: Bindings = field(default_factory=_bindings)
    classes: dict[str, Bindings] = field(default_factory=dict)

    def name(self, name: str) -> "Expression | None":
        """Return the one expression that a name stands for, if there is one."""
        if name in self.names:
            return _only(self.names[name])
        return self.outer.name(name) if self.outer else None

    def has(self, name: str) -> bool:
        """Return whether the source binds a name, so that it is no built-in one."""
        return name in self.names or (self.outer is not None and self.outer.has(name))

    def attribute(self, owner: str, name: str) -> "Expression | None":
        """Return the one expression that ``owner.name`` stands for, if there is one."""
        found = self.attributes if owner in {"self", "cls"} else self.classes.get(owner)
        return _only(found.get(name, [])) if found else None


@dataclass(frozen=True, slots=True)
class Expression:
    """An expression, and the scope that its names belong to."""

    node: ast.expr
    scope: Scope


def parse(source: bytes) -> Scope:
    """Return the scope of a module.

    Args:
        source: As it stands in the file; a declared encoding is honoured.

    Raises:
        ValueError: This is no Python.
    """
    try:
        with _parsing, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(source)
    except (SyntaxError, RecursionError, MemoryError) as error:
        raise ValueError(_fault(error)) from error
    module = Scope()
    _bind(tree.body, module)
    for node in ast.walk(tree):
        if isinstance(node, ast.Global):
            for name in node.names:
                module.names[name].append(None)
    for node in _own(tree.body):
        if isinstance(node, ast.ClassDef):
            module.classes[node.name] = _attributes(node, module)
    return module


def candidates(module: Scope, names: Iterable[str]) -> list[Expression]:
    """Return every expression bound to one of the names: in classes first, then in the module."""
    names = list(names)
    places = [*module.classes.values(), module.names]
    return [
        expression
        for place in places
        for name in names
        for expression in place.get(name, [])
        if expression
    ]


def _fault(error: BaseException) -> str:
    if isinstance(error, SyntaxError):
        return f"line {error.lineno or 1}: {error.msg}"
    return "is nested too deeply"


def _only(bound: list[Expression | None]) -> Expression | None:
    return bound[0] if len(bound) == 1 else None


def _attributes(node: ast.ClassDef, module: Scope) -> Bindings:
    """Return what instances have: as methods assign it, as the class does, as properties do."""
    found = _bindings()
    methods = [part for part in _own(node.body) if isinstance(part, Function)]
    for method in sorted(methods, key=lambda method: method.name != "__init__"):
        scope = _function(method, module, found)
        for target, value in _targets(method.body):
            if isinstance(target, ast.Attribute) and _is_name(target.value, "self"):
                found[target.attr].append(Expression(value, scope) if value else None)
    inside = Scope(outer=module, attributes=found, classes=module.classes)
    for target, value in _targets(node.body):
        if isinstance(target, ast.Name):
            bound = Expression(value, inside) if value else None
            inside.names[target.id].append(bound)
            found[target.id].append(bound)
    for method in filter(_is_property, methods):
        returned = [part.value for part in _own(method.body) if isinstance(part, ast.Return)]
        value = returned[0] if len(returned) == 1 else None
        scope = _function(method, module, found)
        found[method.name].append(Expression(value, scope) if value else None)
    return found


def _function(node: Function, module: Scope, attributes: Bindings) -> Scope:
    scope = Scope(outer=module, attributes=attributes, classes=module.classes)
    for argument in ast.walk(node.args):
        if isinstance(argument, ast.arg):
            scope.names[argument.arg].append(None)
    _bind(node.body, scope)
    return scope


def _is_name(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


def _is_property(method: Function) -> bool:
    return any(
        ast.unparse(decorator).rpartition(".")[2] in {"property", "cached_property"}
        for decorator in method.decorator_list
        if isinstance(decorator, ast.Name | ast.Attribute)
    )


def _bind(body: Iterable[ast.stmt], scope: Scope) -> None:
    for target, value in _targets(body):
        if isinstance(target, ast.Name):
            scope.names[target.id].append(Expression(value, scope) if value else None)
    for name in _bound_otherwise(body):
        scope.names[name].append(None)


def _bound_otherwise(body: Iterable[ast.stmt]) -> Iterator[str]:
    for node in _own(body):
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                yield node.name
            case ast.alias():
                yield node.asname or node.name.partition(".")[0]
            case ast.ExceptHandler(name=str() as name) | ast.MatchAs(name=str() as name):
                yield name
            case ast.MatchStar(name=str() as name) | ast.MatchMapping(rest=str() as name):
                yield name
            case _:
                pass


def _targets(body: Iterable[ast.stmt]) -> Iterator[tuple[ast.expr, ast.expr | None]]:
    """Yield all that is assigned to or deleted, with the value where that is one expression."""
    values: dict[ast.expr, ast.expr] = {}
    declared: set[ast.expr] = set()
    for node in _own(body):
        match node:
            case ast.Assign():
                values.update(dict.fromkeys(node.targets, node.value))
            case ast.AnnAssign(value=None):
                declared.add(node.target)
            case ast.AnnAssign(value=ast.expr() as value):
                values[node.target] = value
            case ast.Name() | ast.Attribute():
                if not isinstance(node.ctx, ast.Load) and node not in declared:
                    yield node, values.get(node)
            case _:
                pass


def _own(body: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """Walk in the order of the source, but not into what has a scope of its own."""
    pending = list(reversed(list(body)))
    while pending:
        node = pending.pop()
        yield node
        if not isinstance(node, _NESTED):
            pending.extend(reversed(list(ast.iter_child_nodes(node))))
