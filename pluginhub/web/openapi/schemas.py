"""JSON Schemas of the models, and examples of them."""

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaMode

from pluginhub.web.openapi import examples

Json = dict[str, Any]
Wanted = tuple[type[BaseModel], JsonSchemaMode]

REFERENCE = "#/components/schemas/{model}"


class Schemas:
    """Schemas of models that refer to each other.

    Args:
        wanted: Models, each as it is read (``validation``) or answered (``serialization``).
    """

    def __init__(self, wanted: Iterable[Wanted]) -> None:
        ordered = sorted(set(wanted), key=lambda pair: (pair[0].__module__, pair[0].__name__))
        generator = GenerateJsonSchema(ref_template=REFERENCE)
        found, definitions = generator.generate_definitions(
            [(model, mode, model.__pydantic_core_schema__) for model, mode in ordered]
        )
        self._found: Mapping[Any, Json] = found
        self.definitions: Mapping[str, Json] = {
            str(name): _without_examples(item) for name, item in definitions.items()
        }

    def media(self, model: type[BaseModel], mode: JsonSchemaMode) -> Json:
        """Return a media type object: the schema of a model with its examples."""
        named = {
            f"example {number}": {"value": value}
            for number, value in enumerate(examples.of(model), 1)
        }
        schema = self._found[model, mode]
        return {"schema": schema, **({"examples": named} if named else {})}

    def schema(self, model: type[BaseModel], mode: JsonSchemaMode) -> Json:
        """Return the schema of a model."""
        return self._found[model, mode]


def _without_examples(schema: Any) -> Any:
    """Leave out examples in schemas: a derived model inherits those of its parent."""
    return {name: part for name, part in schema.items() if name != "examples"}
