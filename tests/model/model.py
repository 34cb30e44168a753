"""What a server has to answer and to keep, in plain Python, without a word of pluginhub.

Every verb returns the status of its answer. Three plugins can be published; the plugin Board needs
a Clock of any version. Times are seconds since 1970.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

OK, CREATED, NO_CONTENT, UNAUTHENTICATED, NOT_FOUND, CONFLICT, GONE = (
    200,
    201,
    204,
    401,
    404,
    409,
    410,
)

NEEDS = {"Board": "Clock"}
PINS: dict[str, Callable[[str], bool]] = {
    "*": lambda _: True,
    "^1": lambda version: version.startswith("1."),
    ">=1.1": lambda version: version != "1.0.0",
}
RETENTION, GRACE = 2 * 3600, 3600  # seconds
_SWEEP = 3600  # seconds that one sweep makes things older by at most


@dataclass
class Release:
    """A release.

    Attributes:
        bytes: Which of the bundles of this version it is.
        place: In the order of publication.
        unused: For how long nobody had it, as far as sweeps saw; None if they did not.
    """

    bytes: int
    place: int
    yanked: bool = False
    keep: bool = False
    unused: int | None = None


@dataclass(frozen=True)
class Installation:
    """What a user has of a plugin.

    Attributes:
        number: A plugin that is installed again gets another one.
        left: When releases were left whose files may still be loaded.
    """

    number: int
    version: str
    as_dependency: bool = False
    enabled: bool = True
    config: dict[str, Any] = field(default_factory=dict)
    pin: str | None = None
    previous: str | None = None
    previous_config: dict[str, Any] = field(default_factory=dict)
    left: dict[str, int] = field(default_factory=dict)

    @property
    def refers_to(self) -> set[str | None]:
        return {self.version, self.previous, *self.left}

    def allows(self, version: str) -> bool:
        if self.pin is None or self.pin in PINS:
            return PINS[self.pin or "*"](version)
        return self.pin == f"={version}"


@dataclass
class Model:
    """Everything.

    Attributes:
        users: Whether they are enabled, by name.
        releases: By plugin and version.
        gone: The bytes of releases that were removed.
        has: By user and plugin.
        swept: The time that the last sweep went by.
    """

    now: int
    users: dict[str, bool] = field(default_factory=dict)
    releases: dict[str, dict[str, Release]] = field(default_factory=dict)
    gone: dict[tuple[str, str], int] = field(default_factory=dict)
    has: dict[tuple[str, str], Installation] = field(default_factory=dict)
    swept: int | None = None
    count: int = 0

    @property
    def there(self) -> set[tuple[str, str]]:
        """Which releases there are."""
        return {(slug, version) for slug, known in self.releases.items() for version in known}

    # Users

    def add_user(self, name: str) -> int:
        if name in self.users:
            return CONFLICT
        self.users[name] = True
        return CREATED

    def switch_user(self, name: str, *, on: bool) -> int:
        if name not in self.users:
            return NOT_FOUND
        self.users[name] = on
        return OK

    def remove_user(self, name: str) -> int:
        if self.users.pop(name, None) is None:
            return NOT_FOUND
        self.has = {key: it for key, it in self.has.items() if key[0] != name}
        return NO_CONTENT

    # Releases

    def publish(self, slug: str, version: str, content: int) -> int:
        known = self.releases.setdefault(slug, {})
        before = known[version].bytes if version in known else self.gone.get((slug, version))
        if before not in {None, content}:
            return CONFLICT
        if version in known:
            known[version].unused = None
            return OK
        self.gone.pop((slug, version), None)
        known[version] = Release(content, self._next())
        return CREATED

    def mark(self, slug: str, version: str, **mark: bool) -> int:
        """Yank a release or keep it, or not any more."""
        release = self.releases.get(slug, {}).get(version)
        if release is None:
            return GONE if (slug, version) in self.gone else NOT_FOUND
        for name, value in mark.items():
            setattr(release, name, value)
        return OK

    # Installations

    def install(self, user: str, slug: str, version: str | None) -> int:
        if (user, slug) in self.has:
            return CONFLICT
        known = self.releases.get(slug)
        if user not in self.users or not known or version not in {None, *known}:
            return NOT_FOUND
        needed = NEEDS.get(slug)
        wishes = {slug: version}
        if needed and (user, needed) not in self.has:
            wishes[needed] = None
        chosen = {name: self._choice(name, wish) for name, wish in wishes.items()}
        if None in chosen.values():
            return CONFLICT
        for name, choice in chosen.items():
            assert choice
            self._put(user, name, Installation(self._next(), choice, as_dependency=name == needed))
        return CREATED

    def update(self, user: str, slug: str, version: str | None) -> int:
        has = self.has.get((user, slug))
        if has is None:
            return NOT_FOUND
        offered = [other for other in self._offered(slug) if has.allows(other)]
        if version is None:
            wanted = max([has.version, *offered])
        elif version not in self.releases[slug]:
            return NOT_FOUND
        elif version in {has.version, *offered}:
            wanted = version
        else:
            return CONFLICT
        if wanted != has.version:
            moved = replace(has, previous=has.version, previous_config=has.config)
            self._move(user, slug, moved, wanted)
        return OK

    def roll_back(self, user: str, slug: str) -> int:
        has = self.has.get((user, slug))
        if has is None:
            return NOT_FOUND
        if has.previous is None or not has.allows(has.previous):
            return CONFLICT
        config = {**has.previous_config, **has.config}
        back = replace(has, previous=None, previous_config={}, config=config)
        self._move(user, slug, back, has.previous)
        return OK

    def uninstall(self, user: str, slug: str) -> int:
        if (user, slug) not in self.has:
            return NOT_FOUND
        if any(need == slug and (user, other) in self.has for other, need in NEEDS.items()):
            return CONFLICT
        del self.has[user, slug]
        return OK

    def change(self, user: str, slug: str, **changes: Any) -> int:
        """Enable or disable a plugin, or set its configuration."""
        if (user, slug) not in self.has:
            return NOT_FOUND
        self.has[user, slug] = replace(self.has[user, slug], **changes)
        return OK

    def pin(self, user: str, slug: str, to: str | None) -> int:
        """Pin a plugin to a range, or with None to its version."""
        has = self.has.get((user, slug))
        if has is None:
            return NOT_FOUND
        if to is not None and not PINS[to](has.version):
            return CONFLICT
        return self.change(user, slug, pin=to or f"={has.version}")

    # Time

    def sweep(self) -> None:
        time, elapsed = self.now, 0
        if self.swept is not None:
            time = min(self.now, self.swept + _SWEEP)
            elapsed = max(0, time - self.swept)
        self.swept = time
        for key, it in self.has.items():
            left = {version: at for version, at in it.left.items() if at > time - GRACE}
            self.has[key] = replace(it, left=left)
        for slug, known in self.releases.items():
            for version in [version for version in known if self._goes(slug, version, elapsed)]:
                self.gone[slug, version] = known.pop(version).bytes

    def _goes(self, slug: str, version: str, elapsed: int) -> bool:
        known = self.releases[slug]
        release = known[version]
        if any(version in it.refers_to for (_, of), it in self.has.items() if of == slug):
            release.unused = None
            return False
        release.unused = 0 if release.unused is None else release.unused + elapsed
        newest = max(it.place for it in known.values()) == release.place
        stays = release.keep or newest or version == max(known)
        return not stays and release.unused >= RETENTION

    # What can be seen

    def file(self, user: str, slug: str, number: int, version: str, content: int) -> int:
        """Return the status of a file, by an address that an installation once had."""
        has = self.has.get((user, slug))
        if has is None or has.number != number:
            return NOT_FOUND
        left = has.left.get(version)
        may = has.version == version or (left is not None and left > self.now - GRACE)
        if may and has.enabled and self.users[user]:
            return OK
        return GONE if self.gone.get((slug, version)) == content else NOT_FOUND

    def _offered(self, slug: str) -> list[str]:
        known = self.releases.get(slug, {})
        return sorted(version for version, release in known.items() if not release.yanked)

    def _choice(self, slug: str, version: str | None) -> str | None:
        """Return the version that somebody gets who asks for one, or for any."""
        offered = self._offered(slug)
        if version is None:
            return max(offered, default=None)
        return version if version in offered else None

    def _put(self, user: str, slug: str, installation: Installation) -> None:
        self.has[user, slug] = installation
        self.releases[slug][installation.version].unused = None

    def _move(self, user: str, slug: str, has: Installation, version: str) -> None:
        left = {**has.left, has.version: self.now}
        left.pop(version, None)
        self._put(user, slug, replace(has, version=version, left=left))

    def _next(self) -> int:
        self.count += 1
        return self.count
