"""A version or a range of versions in a body, and what JSON Schema says of one.

The pattern describes nearly all that ``lifecycle/ranges.py`` reads, and nothing that it refuses.
"""

from typing import Annotated

from pydantic import Field, StringConstraints

_NUMBER = "(?:0|[1-9][0-9]{0,6})"
_ID = f"(?:{_NUMBER}|[A-Za-z][0-9A-Za-z-]{{0,7}})"
_NUMBERS = rf"{_NUMBER}(?:\.{_NUMBER}){{0,3}}"
_NUMBERED = rf"[vV]?(?:{_NUMBER}!)?{_NUMBERS}"
_PYTHON = rf"{_NUMBERED}(?:(?:a|b|rc){_NUMBER}|\.post{_NUMBER})"
_SEMANTIC = rf"[vV]?{_NUMBER}\.{_NUMBER}\.{_NUMBER}(?:-{_ID}(?:\.{_ID}){{0,2}})?(?:\+{_ID})?"
_WILDCARD = rf"(?:{_NUMBER}\.){{0,3}}[xX*]"
_VERSION = f"(?:{_NUMBERED}|{_PYTHON}|{_SEMANTIC}|{_WILDCARD})"
_ONE = rf"(?:(?:\^|~|>=|>|<=|<|==?|!=) ?)?{_VERSION}|~= ?{_NUMBER}\.{_NUMBERS}"
_ALL_OF = rf"(?:{_ONE})(?:(?: |, ?)(?:{_ONE}))*|{_VERSION} - {_VERSION}"

PATTERN = rf"^(?:{_ALL_OF})(?: ?\|\| ?(?:{_ALL_OF}))*$"

VersionOrRange = Annotated[
    str,
    StringConstraints(min_length=1, max_length=256),
    Field(json_schema_extra={"pattern": PATTERN}),
]
