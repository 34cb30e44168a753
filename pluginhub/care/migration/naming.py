"""Gives every content a version of its own."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from pluginhub.care.migration.plan import Conflict, Content

_LONGEST = 64  # characters of a version


@dataclass(frozen=True, slots=True)
class Target:
    """What there is already where everything goes.

    Attributes:
        spellings: Slugs, by their lower case.
        published: Versions by lower-case slug and digest.
        taken: Lower-case slugs with versions, also of what was removed.
    """

    spellings: Mapping[str, str] = field(default_factory=dict)
    published: Mapping[tuple[str, str], str] = field(default_factory=dict)
    taken: frozenset[tuple[str, str]] = frozenset()


def name_all(contents: Iterable[Content], target: Target) -> list[Conflict]:
    """Say of each content which version it becomes, and return what that changes.

    What is published already keeps its version. Of the others, the one that most users have keeps
    what it says of itself, and the rest get a build: ``1.0.0+b2``. So the outcome does not
    depend on the order in which they were found, and is the same in a second run.
    """
    conflicts, spellings, taken = [], dict(target.spellings), set(target.taken)
    ordered = sorted(contents, key=lambda it: (it.slug.lower(), -it.users, -it.copies, it.digest))
    for content in ordered:
        slug = content.slug.lower()
        spelled = spellings.setdefault(slug, content.slug)
        if spelled != content.slug:
            conflicts.append(Conflict(content.slug, f"it is spelled {spelled} elsewhere, and here"))
            content.slug = spelled
        known = target.published.get((slug, content.digest))
        content.published = known is not None
        content.becomes = known or _free(slug, content.version, taken)
        taken.add((slug, content.becomes))
        if content.becomes != content.version:
            solution = f"copies with other bytes become {content.becomes}"
            conflicts.append(Conflict(f"{spelled} {content.version}", solution))
        for place, other in sorted(content.described.other_versions.items()):
            said = f"{place} says {other}; it becomes {content.becomes}"
            conflicts.append(Conflict(f"{spelled} {content.version}", said))
    return conflicts


def _free(slug: str, version: str, taken: set[tuple[str, str]]) -> str:
    if (slug, version) not in taken:
        return version
    number, joint = 2, "." if "+" in version else "+"
    while (slug, name := f"{version[: _LONGEST - 8]}{joint}b{number}") in taken:
        number += 1
    return name
