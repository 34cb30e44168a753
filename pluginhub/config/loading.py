"""Where settings come from: ``config.toml``, then the environment, then flags; a typo stops us."""

import difflib
import os
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from pluginhub.config.sections import Config, default_of
from pluginhub.errors import ConfigError

DEFAULT_FILE = Path("config.toml")

_PATHS = {"storage.plugins_base_dir", "backup.directory"}  # relative to the file
_IN_TOML: Mapping[type, type] = {tuple: list}
_OTHER_NAMES = {
    "PLUGINS_BASE_DIR": ("storage", "plugins_base_dir"),
    "CLEANUP_INTERVAL_SECONDS": ("cleanup", "interval"),
    "MANAGER_TIMEOUT_SECONDS": ("lifecycle", "manager_timeout"),
    "VERSION_RETENTION_DAYS": ("cleanup", "version_retention_days"),
}


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting in force.

    Attributes:
        key: For instance ``server.port``.
        source: ``default``, or the file, environment variable or flag that it came from.
    """

    key: str
    value: Any
    source: str


@dataclass(frozen=True, slots=True)
class Settings:
    """What is in force, and where each value came from."""

    config: Config
    sources: Mapping[str, str]

    def __iter__(self) -> Iterator[Setting]:
        for section, values in self.config.model_dump().items():
            for name, value in values.items():
                key = f"{section}.{name}"
                yield Setting(key, value, self.sources.get(key, "default"))


def load(
    file: Path | None = None,
    environment: Mapping[str, str] = os.environ,
    flags: Mapping[str, Any] | None = None,
) -> Settings:
    """Read the settings.

    Args:
        file: A TOML file; if None, ``config.toml`` in the working directory, where there is one.
        environment: ``PLUGINHUB_<SECTION>_<KEY>`` and four older names are read from it.
        flags: Values by key (``server.port``) that win over everything; None values do not count.

    Returns:
        The settings with their sources. A relative ``storage.plugins_base_dir`` in a file is
        relative to that file.

    Raises:
        ConfigError: A key is unknown, or a value does not fit; the message names key and source.
    """
    values: dict[str, Any] = {}
    sources: dict[str, str] = {}
    for key, value, source in (
        *_from_file(file),
        *_from_environment(environment),
        *((key, value, "flag") for key, value in (flags or {}).items() if value is not None),
    ):
        values[key], sources[key] = value, source
    nested: dict[str, dict[str, Any]] = {}
    for key, value in values.items():
        section, _, name = key.partition(".")
        nested.setdefault(section, {})[name] = value
    try:
        return Settings(Config.model_validate(nested), sources)
    except ValidationError as error:
        raise ConfigError(_first_problem(error, sources)) from error


def _from_file(file: Path | None) -> Iterator[tuple[str, Any, str]]:
    if file is None:
        if not DEFAULT_FILE.is_file():
            return
        file = DEFAULT_FILE
    try:
        document = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{file}: cannot be read: {error.strerror}", file=str(file)) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{file}: is not TOML: {error}", file=str(file)) from error
    for section, values in document.items():
        if not isinstance(values, dict):
            raise ConfigError(f"{file}: {section}: stands outside a section such as [server]")
        _check_known(section, None, str(file))
        for name, value in values.items():
            _check_known(section, name, str(file))
            key = f"{section}.{name}"
            if key in _PATHS and value and isinstance(value, str):
                value = str(file.parent / value)  # noqa: PLW2901 - the same value, made absolute
            _check_type(key, value, str(file))
            yield key, value, str(file)


def _from_environment(environment: Mapping[str, str]) -> Iterator[tuple[str, Any, str]]:
    for name in sorted(_OTHER_NAMES.keys() & environment.keys()):
        section, key = _OTHER_NAMES[name]
        yield f"{section}.{key}", environment[name], name
    for name in sorted(environment):
        if name.startswith("PLUGINHUB_"):
            section, _, key = name.removeprefix("PLUGINHUB_").lower().partition("_")
            _check_known(section, key or None, name)
            _check_known(section, key, name)
            yield f"{section}.{key}", environment[name], name


def _check_known(section: str, name: str | None, source: str) -> None:
    fields: Mapping[str, Any] = Config.model_fields
    wanted, prefix = section, ""
    if name is not None:
        fields = fields[section].annotation.model_fields if section in fields else {}
        wanted, prefix = name, f"{section}."
    if wanted not in fields:
        near = difflib.get_close_matches(wanted, fields, n=1)
        hint = f"; did you mean {prefix}{near[0]}?" if near else ""
        kind = "key" if name is not None else "section"
        raise ConfigError(f"{source}: {prefix}{wanted}: unknown {kind}{hint}", key=prefix + wanted)


def _check_type(key: str, value: Any, source: str) -> None:
    """Refuse ``port = "8080"``: a file has types, unlike the environment."""
    section, _, name = key.partition(".")
    default = default_of(section, name)
    expected = str if isinstance(default, Path) else _IN_TOML.get(type(default), type(default))
    if type(value) is not expected:
        words = {
            str: "text in quotes",
            int: "a whole number",
            bool: "true or false",
            list: "a list of texts in brackets",
        }
        raise ConfigError(
            f"{source}: {key}: must be {words.get(expected, expected.__name__)}, not {value!r}",
            key=key,
        )


def _first_problem(error: ValidationError, sources: Mapping[str, str]) -> str:
    item = error.errors()[0]
    key = ".".join(str(part) for part in item["loc"])
    text = item["msg"].removeprefix("Value error, ")
    reason = text[0].lower() + text[1:]
    return f"{sources.get(key, 'config')}: {key}: {reason}, not {item['input']!r}"
