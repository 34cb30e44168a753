"""What a manifest's model cannot judge: versions, ranges, the schema of configurations."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pluginhub import config_schema, versions
from pluginhub.errors import BadBundleError, BundleReason, InvalidError
from pluginhub.lifecycle import ranges
from pluginhub.manifest import FILE_NAME, Manifest


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that is wrong with a manifest.

    Attributes:
        path: Of the key, such as ``dependencies.Charts``.
        message: What is wrong.
        reason: The rule.
        place: Path of the value below ``path`` that is meant, as far as it is known.
    """

    path: str
    message: str
    reason: BundleReason = "bad-manifest"
    place: str = ""


def refuse_faults(manifest: Manifest) -> None:
    """Refuse a manifest at its first fault; takes milliseconds, so run it in a thread.

    Raises:
        BadBundleError: It has one.
    """
    for fault in faults(manifest.model_dump(include=_JUDGED)):
        raise BadBundleError(fault.reason, f"{FILE_NAME}: {fault.path}: {fault.message}")


_JUDGED = {"version", "dependencies", "conflicts", "requires", "config_schema"}


def faults(described: Mapping[str, Any]) -> Iterator[Fault]:
    """Yield every fault; what is of another type than it should be is left to the model.

    Args:
        described: The manifest as JSON.
    """
    version = described.get("version")
    if isinstance(version, str):
        yield from _fault(versions.key, version, "version", "bad-version")
        if versions.is_in_development(version):
            message = "versions that end in dev.N after a plus are those of development releases"
            yield Fault("version", message, "bad-version")
    for key in ("dependencies", "conflicts"):
        for slug, text in _object(described, key).items():
            if isinstance(text, str):
                yield from _fault(ranges.parse, text, f"{key}.{slug}")
    host = _object(described, "requires").get("host")
    if isinstance(host, str) and host:
        yield from _fault(ranges.parse, host, "requires.host")
    schema = described.get("config_schema", described.get("configSchema"))
    if isinstance(schema, dict):
        yield from _fault(config_schema.check, schema, "config_schema")


def _object(described: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = described.get(key)
    return found if isinstance(found, dict) else {}


def _fault(
    judge: Callable[[Any], object], value: object, path: str, reason: BundleReason = "bad-manifest"
) -> Iterator[Fault]:
    try:
        judge(value)
    except InvalidError as error:
        place = error.fields.get("path", "")
        yield Fault(path, error.message, reason, place if isinstance(place, str) else "")
