"""Which sites' pages may call with a user's credentials."""

import re
from collections.abc import Iterable

_PORT = r"(?::[0-9]{1,5})?"


class Origins:
    """The origins that settings allow.

    Args:
        allowed: Such as ``https://app.example.org`` or ``http://localhost:*``.
    """

    def __init__(self, allowed: Iterable[str]) -> None:
        patterns = [
            re.escape(item.removesuffix(":*")) + _PORT if item.endswith(":*") else re.escape(item)
            for item in allowed
        ]
        self._allowed = re.compile("|".join(patterns) if patterns else "(?!)")

    def allow(self, origin: str) -> bool:
        """Return whether pages of an origin may call."""
        return self._allowed.fullmatch(origin) is not None
