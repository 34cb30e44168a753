"""New: a small plugin that builds and loads, to begin with."""

import json
import re
from collections.abc import Mapping
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Literal

from pydantic import TypeAdapter, ValidationError

from pluginhub.errors import ConflictError, InvalidError
from pluginhub.manifest import Slug

Template = Literal["webpack", "plain"]

# Where each file of a template goes.
_PLACES: Mapping[Template, Mapping[str, str]] = {
    "plain": {
        "pluginhub.json": "pluginhub.json",
        "remoteEntry.js": "dist/remoteEntry.js",
        "README.md": "README.md",
        "gitignore": ".gitignore",
    },
    "webpack": {
        "pluginhub.json": "bundle/pluginhub.json",
        "Card.jsx": "src/Card.jsx",
        "card.css": "src/card.css",
        "package.json": "package.json",
        "webpack.config.js": "webpack.config.js",
        "README.md": "README.md",
        "gitignore": ".gitignore",
        "npmrc": ".npmrc",
    },
}
_LOCK = "package-lock.json"
_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")


def create(directory: Path, slug: str, template: Template) -> list[Path]:
    """Write a plugin; blocks.

    Args:
        directory: Where to; it is made if it is not there.
        slug: What the plugin is called in addresses; its name and its scope follow from it.
        template: ``webpack`` has a build, ``plain`` needs none.

    Returns:
        The files.

    Raises:
        InvalidError: This is no slug.
        ConflictError: There is something in the directory.
    """
    check_slug(slug)
    if directory.exists() and (not directory.is_dir() or any(directory.iterdir())):
        raise ConflictError(f"{directory} is there and not empty; choose another place")
    source = resources.files("pluginhub.authoring") / "templates" / template
    words = {"SLUG": slug, "NAME": name_of(slug), "SCOPE": scope_of(slug), "PACKAGE": slug.lower()}
    written = [
        _write(directory / place, _filled(source / name, words))
        for name, place in _PLACES[template].items()
    ]
    if template == "webpack":
        written.append(_write(directory / _LOCK, _lock(words["PACKAGE"])))
    return written


def check_slug(slug: str) -> None:
    """See to it that a plugin may be called so.

    Raises:
        InvalidError: It may not.
    """
    try:
        TypeAdapter(Slug).validate_python(slug)
    except ValidationError as error:
        raise InvalidError(
            f"{slug[:80]!r} is no slug: letters, digits, dashes and underscores, at most 64, the"
            " first one a letter or digit, and no reserved word",
            slug=slug[:80],
        ) from error


def name_of(slug: str) -> str:
    """Return what people read: ``Weather Panel`` for ``weather-panel`` or ``WeatherPanel``."""
    return " ".join(word[0].upper() + word[1:] for word in _WORDS.findall(slug))


def scope_of(slug: str) -> str:
    """Return the variable of the page: ``WeatherPanelPlugin``, which is no object of browsers."""
    scope = f"{name_of(slug).replace(' ', '')}Plugin"
    return f"_{scope}" if scope[0].isdigit() else scope


def _filled(file: Traversable, words: Mapping[str, str]) -> str:
    text = file.read_text(encoding="utf-8")
    return re.sub(r"\b(SLUG|NAME|SCOPE|PACKAGE)\b", lambda match: words[match[1]], text)


def _lock(package: str) -> str:
    """Return the exact versions that the sample plugins are built with."""
    known = resources.files("pluginhub.demo") / "plugins" / _LOCK
    lock = json.loads(known.read_text(encoding="utf-8"))
    lock["name"] = lock["packages"][""]["name"] = package
    lock["packages"][""].pop("license", None)
    return json.dumps(lock, indent=2) + "\n"


def _write(file: Path, content: str) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(content, encoding="utf-8")
    return file
