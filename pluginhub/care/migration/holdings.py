"""Decides what each user gets: one release of each plugin that they have."""

import re
from collections.abc import Iterable, Mapping

from pluginhub import versions
from pluginhub.care.migration.metadata import Reference, plain_version
from pluginhub.care.migration.plan import Conflict, Content, Holding, Person
from pluginhub.care.migration.source import Skipped, user_id

_JOINTS = re.compile(r"[-_]")


class Decider:
    """Decides.

    Args:
        contents: All of them.
        conflicts: Gets what had to be decided.
        skipped: Gets what users do not get.
    """

    def __init__(
        self, contents: Iterable[Content], conflicts: list[Conflict], skipped: list[Skipped]
    ) -> None:
        self._by_name: dict[str, list[Content]] = {}
        for content in contents:
            self._by_name.setdefault(_name(content.slug), []).append(content)
        self._conflicts = conflicts
        self._skipped = skipped

    def decide(self, person: Person, own: Iterable[Content], notes: Iterable[Reference]) -> None:
        """Say what a user gets.

        Args:
            person: The user.
            own: Contents of which they have a copy.
            notes: What is noted of what they have; the first ones count most.
        """
        copies: dict[str, list[Content]] = {}
        for content in own:
            copies.setdefault(_name(content.slug), []).append(content)
        noted: dict[str, list[Reference]] = {}
        for note in notes:
            noted.setdefault(_name(_without_user(note.slug)), []).append(note)
        for name in sorted(copies.keys() | noted.keys()):
            said = noted.get(name, [])
            has = copies.get(name, [])
            wanted = has or any(note.installed for note in said)
            if wanted and (found := self._choose(person, has, said)):
                holding = _holding(found, said)
                person.holdings.append(holding)
                found.source_url = found.source_url or holding.source_url

    def _choose(self, person: Person, has: list[Content], said: list[Reference]) -> Content | None:
        """Return the content that a user gets of one plugin."""
        version = next((it.version for it in said if it.installed and it.version), None)
        among = has or self._by_name.get(_name(_without_user(said[0].slug)), [])
        if not among:
            missing = f"the files of {said[0].slug} {version or ''}".rstrip()
            self._skipped.append(Skipped(person.name, f"{missing} are not there"))
            return None
        fitting = [it for it in among if version and _says(it, version)] or among
        best = max(fitting, key=lambda it: (versions.key(it.version), it.users, it.digest))
        if not has and version and not _says(best, version):
            self._skipped.append(
                Skipped(person.name, f"the files of {best.slug} {version} are not there")
            )
            return None
        if len(fitting) > 1 or (not has and not version and len(among) > 1):
            others = ", ".join(sorted(str(it) for it in fitting if it is not best))
            self._conflicts.append(
                Conflict(f"{best.slug} of {person.name}", f"gets {best.becomes}, not {others}")
            )
        return best


def _says(content: Content, version: str) -> bool:
    wanted = plain_version(version)
    return wanted in {content.version, *content.directories}


def _holding(content: Content, said: list[Reference]) -> Holding:
    return Holding(
        content,
        enabled=next((it.enabled for it in said if it.enabled is not None), True),
        config=next((it.config for it in said if it.config), {}),
        installed_at=next((it.installed_at for it in said if it.installed_at is not None), None),
        source_url=next((it.source_url for it in said if it.source_url), None),
    )


def _name(slug: str) -> str:
    """Return the form in which spellings of a slug are equal that the old system took for one."""
    return _JOINTS.sub("", slug).lower()


def _without_user(slug: str) -> str:
    head, _, rest = slug.partition("_")
    return rest if rest and user_id(head) else slug


def of_owner(references: Iterable[Reference]) -> Mapping[str, list[Reference]]:
    """Return references by the user who they are of."""
    found: dict[str, list[Reference]] = {}
    for reference in references:
        found.setdefault(reference.owner, []).append(reference)
    return found
