"""The words of the pages, all in ``texts.toml``, so that they can be translated there."""

import tomllib
from pathlib import Path
from typing import Any

from markupsafe import Markup

_FILE = Path(__file__).with_name("texts.toml")


class Texts:
    """Texts by their key, such as ``mine.title``.

    Args:
        texts: Tables of texts.
    """

    def __init__(self, texts: dict[str, dict[str, str]]) -> None:
        self._texts = {
            f"{table}.{name}": text
            for table, named in texts.items()
            for name, text in named.items()
        }

    @classmethod
    def load(cls) -> "Texts":
        """Read the file; blocks."""
        return cls(tomllib.loads(_FILE.read_text(encoding="utf-8")))

    def __contains__(self, key: str) -> bool:
        return key in self._texts

    def __iter__(self) -> Any:
        return iter(self._texts)

    def __call__(self, key: str, **values: object) -> Markup:
        """Return a text with values in the place of their names; values are escaped.

        Args:
            key: For instance ``mine.title``.
            **values: What stands in for ``{name}``.

        Raises:
            KeyError: There is no such text.
        """
        return Markup(self._texts[key]).format(**values)  # noqa: S704 - ours; values are escaped

    def count(self, key: str, number: int, **values: object) -> Markup:
        """Return the text for a number of things: of ``key-one`` or ``key-other``."""
        form = "one" if number == 1 else "other"
        return self(f"{key}-{form}", number=number, **values)
