"""What the author of a plugin writes: a class ``Hooks(LifecycleHooks)`` in the ``hooks`` file.

Only the standard library is needed, so a plugin's own tests can import this module anywhere.
"""

from collections.abc import Awaitable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

JSON = Any  # what json.dumps takes: dicts with text as keys, lists, text, numbers, booleans, None
StatusWord = Literal["healthy", "unhealthy", "unknown"]


class HookRefusedError(Exception):
    """Raised by a hook that does not want what was asked; nothing is changed then.

    Args:
        message: One sentence that the user reads.
    """


@dataclass(frozen=True, slots=True)
class Status:
    """How a plugin is for one user.

    Attributes:
        status: ``healthy``, ``unhealthy`` or ``unknown``.
        message: One sentence that the user reads.
        details: For people who look closer; JSON.

    Raises:
        ValueError: ``status`` is another word.
    """

    status: StatusWord
    message: str = ""
    details: dict[str, JSON] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.status not in get_args(StatusWord):
            raise ValueError(
                f"a status is one of {', '.join(get_args(StatusWord))}, not {self.status!r}"
            )


@dataclass(frozen=True, slots=True)
class HookContext:
    """For whom and in which release a hook runs.

    Attributes:
        user_id: 32 hexadecimal digits that never change.
        user_name: What the user is called now.
        slug: The name of the plugin.
        version: The version whose code runs.
        config: The user's configuration of the plugin. Change it in place; what stands in it
            when the hook returns is saved, except after ``status`` and ``export_user_data``.
        files: The directory of the release. It can only be read.
        scratch: An empty directory to write to, removed when the hook has ended.
    """

    user_id: str
    user_name: str
    slug: str
    version: str
    config: dict[str, JSON]
    files: Path
    scratch: Path


class LifecycleHooks:
    """What a plugin does when a user installs, updates, switches or removes it.

    Overwrite what the plugin needs, as ``def`` or as ``async def``. Each call runs in a process
    of its own, for one user, limited in time and memory; nothing of it is left afterwards, so
    attributes of the object and of its module do not live on. A hook that raises fails the
    operation, and nothing is changed; ``HookRefusedError`` gives its message to the user.
    """

    def on_install(self, context: HookContext) -> Awaitable[None] | None:
        """Prepare the plugin for a user who installs it.

        Args:
            context: Whose, and what.
        """

    def on_update(self, context: HookContext, from_version: str) -> Awaitable[None] | None:
        """Take over from another version; runs in the code of the new one.

        Args:
            context: Whose, and what.
            from_version: What the user had; higher than ``context.version`` after a step back.
        """

    def on_enable(self, context: HookContext) -> Awaitable[None] | None:
        """Follow the user who switches the plugin on.

        Args:
            context: Whose, and what.
        """

    def on_disable(self, context: HookContext) -> Awaitable[None] | None:
        """Follow the user who switches the plugin off.

        Args:
            context: Whose, and what.
        """

    def on_uninstall(self, context: HookContext) -> Awaitable[None] | None:
        """Clean up after a user who removes the plugin.

        Args:
            context: Whose, and what.
        """

    def status(self, context: HookContext) -> Awaitable[Status] | Status:  # noqa: ARG002
        """Tell how the plugin is for this user.

        Args:
            context: Whose, and what.

        Returns:
            ``unknown`` unless overwritten.
        """
        return Status("unknown")

    def export_user_data(self, context: HookContext) -> Awaitable[JSON] | JSON:  # noqa: ARG002
        """Hand out what the plugin keeps for this user, for another version or a backup.

        Args:
            context: Whose, and what.

        Returns:
            JSON, at most 4 MiB of it; None unless overwritten.
        """
        return None

    def import_user_data(self, context: HookContext, data: JSON) -> Awaitable[None] | None:
        """Take in what ``export_user_data`` of this or another version handed out.

        Args:
            context: Whose, and what.
            data: As it was exported; None if that version exports nothing.
        """
