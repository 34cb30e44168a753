"""What can go wrong with plugin code."""

from pluginhub.errors.general import HubError


class HookError(HubError):
    """A hook of a plugin did not do its work; what it was to change is unchanged.

    Args:
        message: With the plugin's own words, cut to a length that people read.
        **fields: ``slug``, ``version``, ``hook``.
    """

    code = "hook-failed"


class HookRaisedError(HookError):
    """A hook raised an error; to refuse is something else."""


class HookTimeoutError(HookError):
    """A hook took longer than ``lifecycle.hook_timeout`` and was ended."""

    code = "hook-timeout"


class HookKilledError(HookError):
    """The process that ran a hook ended before it answered."""

    code = "hook-killed"


class HookAnswerError(HookError):
    """A hook answered something that cannot be used: too large, not JSON, foreign rows."""

    code = "hook-answer"


class HooksSuspendedError(HookError):
    """The hooks of a release failed too often in a row, and rest for ``retry_after`` seconds."""

    code = "hooks-suspended"
