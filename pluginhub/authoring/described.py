"""What is wrong with ``pluginhub.json``: all of it, each with its place."""

import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails, from_json

from pluginhub.authoring.findings import Finding
from pluginhub.authoring.positions import Positions
from pluginhub.lifecycle import judging
from pluginhub.manifest import FILE_NAME, Manifest, Module, Requirements, path_of, reason_of

_AT = re.compile(r" at line (\d+) column (\d+)$")
_BAD = "bundle-bad-manifest"


def read(raw: bytes) -> tuple[Mapping[str, Any], list[Finding]]:
    """Return what a manifest says, as far as it can be understood, and what is wrong with it.

    Args:
        raw: The bytes of the file.
    """
    refused: list[ErrorDetails] = []
    try:
        Manifest.model_validate_json(raw)
    except ValidationError as error:
        refused = error.errors()
    if refused and refused[0]["type"] == "json_invalid":
        return {}, [_no_json(refused[0]["msg"])]
    said, positions = from_json(raw), Positions(raw.decode())
    found = [_refused(each, positions) for each in refused]
    if not isinstance(said, dict):
        return {}, found
    for fault in judging.faults(said):
        place = f"{fault.path}.{fault.place}" if fault.place else fault.path
        found.append(
            Finding(
                f"bundle-{fault.reason}",
                "error",
                f"{fault.path}: {fault.message}",
                FILE_NAME,
                *positions.of_value(place),
            )
        )
    return said, found


def place_of(raw: bytes, path: str) -> tuple[int, int]:
    """Return line and column of a value of a manifest that ``read`` understood."""
    return Positions(raw.decode()).of_value(path)


def _no_json(message: str) -> Finding:
    at = _AT.search(message)
    line, column = (int(at[1]), max(int(at[2]), 1)) if at else (None, None)
    return Finding(_BAD, "error", _AT.sub("", message), FILE_NAME, line, column)


def _refused(error: ErrorDetails, positions: Positions) -> Finding:
    location = tuple(part for part in error["loc"] if part != "[key]")
    path, reason = path_of(location), reason_of(error["type"], error["msg"])
    is_key = error["type"] == "extra_forbidden" or error["loc"] != location
    if error["type"] == "extra_forbidden":
        reason += "".join(f"; did you mean {name}?" for name in _meant(location))
    line, column = positions.of_key(path) if is_key else positions.of_value(path)
    return Finding(_BAD, "error", f"{path}: {reason}", FILE_NAME, line, column)


def _meant(location: tuple[int | str, ...]) -> Iterator[str]:
    """Yield the key that somebody meant who wrote another one, if there is one like it."""
    model: type[BaseModel] = Manifest
    if location[0] == "modules":
        model = Module
    elif location[0] == "requires":
        model = Requirements
    yield from get_close_matches(str(location[-1]), model.model_fields, 1)
