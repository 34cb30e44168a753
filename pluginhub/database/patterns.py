"""Patterns of LIKE."""


def containing(text: str) -> str:
    r"""Return the pattern, escaped by ``\``, for whatever has a text in it."""
    return "%" + text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") + "%"
