"""Which coding a client gets (RFC 9110, section 12.5.3)."""

import re
from functools import lru_cache

from pluginhub.storage.encodings import CODINGS, Coding

_ITEM = re.compile(r"\s*([!#$%&'*+.^_`|~0-9A-Za-z-]+)\s*(?:;\s*q\s*=\s*([01](?:\.\d{0,3})?)\s*)?")
_LONGEST = 512  # characters of a header that is read


@lru_cache(maxsize=256)
def accepted(header: str) -> tuple[Coding, ...]:
    """Return the codings that a client takes, the best first; none if files go as they are.

    What weighs the same is ordered by size: the server's choice among equals.
    """
    weights: dict[str, float] = {}
    for item in header[:_LONGEST].split(","):
        if match := _ITEM.fullmatch(item):
            weights[match[1].lower()] = float(match[2] or 1)
    otherwise = weights.get("*", 0.0)
    plain = weights.get("identity", 0.0)
    found = {coding: weights.get(coding, otherwise) for coding in CODINGS}
    taken = [coding for coding in CODINGS if found[coding] > 0 and found[coding] >= plain]
    return tuple(sorted(taken, key=lambda coding: -found[coding]))
