"""What a schema refers to, which is always in the schema itself."""

from typing import Any

from referencing import Registry
from referencing.exceptions import Unresolvable
from referencing.jsonschema import DRAFT202012

from pluginhub.errors import InvalidError

KEYWORDS = ("$ref", "$dynamicRef")
_MAX_TEXT = 200


class References:
    """Looks up the references of one schema, and fetches nothing."""

    def __init__(self, schema: dict[str, Any]) -> None:
        registry: Registry[Any] = Registry()
        self._resolver = registry.resolver_with_root(DRAFT202012.create_resource(schema))

    def target(self, reference: str) -> dict[str, Any] | bool:
        """Return the schema that a reference such as ``#/$defs/zone`` means.

        Raises:
            InvalidError: It leads out of the schema, or to nothing that could be one.
        """
        shown = repr(reference[:_MAX_TEXT])
        if not reference.startswith("#"):
            raise InvalidError(f"config_schema refers to {shown}, which is outside of it")
        try:
            found = self._resolver.lookup(reference).contents
        except (Unresolvable, ValueError, TypeError):
            found = None
        if not isinstance(found, dict | bool):
            raise InvalidError(f"config_schema refers to {shown}, where no schema is")
        return found
