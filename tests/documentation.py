"""Tables of the documentation that are made of the code: ``python -m tests.documentation``."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pluginhub
from pluginhub import errors
from pluginhub.web import problems

ROOT = Path(pluginhub.__file__).parent.parent
_SETTINGS = (ROOT / "config.toml").read_text(encoding="utf-8")


def settings() -> str:
    """Return a table of all settings, of the comments in config.toml."""
    rows = [f"| `{key}` | {default} | {text} |" for key, default, text in _settings()]
    return "\n".join(["| setting | default | means |", "|---|---|---|", *rows])


def _settings() -> Iterator[tuple[str, str, str]]:
    known = tomllib.loads(_SETTINGS)
    for section, body in re.findall(r"(?ms)^\[(\w+)\]\n(.*?)(?=^\[|\Z)", _SETTINGS):
        for comment, key, default in re.findall(r"(?m)((?:^# .*\n)+)^(\w+) = (.*)$", body):
            assert key in known[section]
            text = " ".join(line.removeprefix("# ") for line in comment.splitlines())
            yield f"{section}.{key}", f"`{default}`", text.replace("|", r"\|")


def table_of_problems() -> str:
    """Return a table of all codes of problems, of the docstrings of the errors."""
    rows = sorted(set(_problems()))
    return "\n".join(["| code | status | means |", "|---|---|---|", *rows])


def _problems() -> Iterator[str]:
    for error in _all(errors.HubError):
        status = problems.status_of(error)
        if "code" in vars(error) and status != 500:  # others never leave the server
            means = (error.__doc__ or "").partition("\n\n")[0].replace("``", "`")
            yield f"| `{error.code}` | {status} | {' '.join(means.split())} |"


def _all(base: type[errors.HubError]) -> Iterator[type[errors.HubError]]:
    for error in base.__subclasses__():
        yield error
        yield from _all(error)


def reasons() -> list[str]:
    """Return the codes by which bundles are refused."""
    return sorted(get_args(errors.BundleReason))


TABLES = {"settings.md": settings, "problems.md": table_of_problems}


def with_table(text: str, table: str) -> str:
    """Return a document with another table in the place of its first one."""
    return re.sub(r"(?m)(^\|.*\n)+", lambda _: f"{table}\n", text, count=1)


def main() -> None:
    for name, table in TABLES.items():
        file = ROOT / "docs" / name
        file.write_text(with_table(file.read_text(encoding="utf-8"), table()), encoding="utf-8")


if __name__ == "__main__":
    main()
