"""Examples of models: their own, or made of those of their parts."""

from types import NoneType
from typing import Any, Literal, get_args, get_origin

from pydantic import BaseModel, RootModel, ValidationError
from pydantic.fields import FieldInfo

_PLAIN: dict[Any, Any] = {str: "text", int: 1, float: 1.0, bool: True, Any: {}, NoneType: None}


def of(model: type[BaseModel]) -> list[Any]:
    """Return examples of a model: those that it declares and that suit it, else one made up."""
    declared = _declared(model)
    suitable = [example for example in declared if _suits(model, example)]
    return suitable or [_made_up(model, declared[0] if declared else {})]


def _declared(model: type[BaseModel]) -> list[Any]:
    extra = model.model_config.get("json_schema_extra")
    found = extra.get("examples") if isinstance(extra, dict) else None
    return list(found) if isinstance(found, list) else []


def _suits(model: type[BaseModel], example: Any) -> bool:
    """Return whether a model takes an example: a derived one inherits those of its parent."""
    try:
        model.model_validate(example)
    except ValidationError:
        return False
    return True


def _made_up(model: type[BaseModel], base: dict[str, Any]) -> Any:
    if issubclass(model, RootModel):
        return _of_type(model.model_fields["root"].annotation)
    made = dict(base)
    for name, field in model.model_fields.items():
        key = field.serialization_alias or field.alias or name
        if key not in made:
            made[key] = _of_field(field)
    return made


def _of_field(field: FieldInfo) -> Any:
    if field.examples:
        return field.examples[0]
    if not field.is_required():
        default = field.get_default(call_default_factory=True)
        if not isinstance(default, BaseModel):
            return list(default) if isinstance(default, tuple) else default
    return _of_type(field.annotation)


def _of_type(kind: Any) -> Any:
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return of(kind)[0]
    origin, parts = get_origin(kind), get_args(kind)
    if not parts:
        return [] if origin is tuple else _PLAIN.get(kind, {})
    if origin is Literal:
        return parts[0]
    if origin in {list, tuple, set, frozenset}:
        return [_of_type(parts[0])]
    if origin is dict:
        return {} if parts[1] is Any else {"name": _of_type(parts[1])}
    return _of_type(parts[0])  # a union, or a type with annotations
