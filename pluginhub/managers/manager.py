"""Runs the hooks of one release for all of its users."""

import asyncio
import time
import weakref
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import structlog

from pluginhub.errors import BusyError, HooksSuspendedError
from pluginhub.managers import answers, call_files
from pluginhub.managers.answers import Answer
from pluginhub.managers.circuit import Circuits
from pluginhub.managers.launcher import Launcher
from pluginhub.managers.statistics import Calls, ManagerStatistics, resident_memory
from pluginhub.managers.supervised import SupervisedWorker

log = structlog.get_logger(__name__)

_AT_ONCE = 4  # hooks of one release: enough for one to start while others end
_CHECK = "validate"  # runs no code of the plugin


@dataclass(frozen=True, slots=True)
class HookCode:
    """The code that a lifecycle manager runs.

    Attributes:
        slug: Name of the plugin.
        version: Of the release.
        path: Directory of the release.
        hooks: The file of the hooks, relative to it; None if the release has none.
        contract: What the file follows; None if the release has none.
    """

    slug: str
    version: str
    path: Path
    hooks: str | None
    contract: Literal["pluginhub", "braindrive"] | None


@dataclass(frozen=True, slots=True)
class Limits:
    """What one hook may take.

    Attributes:
        timeout: Seconds.
        memory: Bytes beyond what an empty process has.
    """

    timeout: float
    memory: int


class LifecycleManager:
    """Runs hooks, each in a process of its own; one object serves all users of a release.

    Args:
        code: What to run.
        limits: For each hook.
        launcher: Starts the worker.
        clock: Seconds since 1970.
        monotonic: Seconds that never go back.
        calls: Counts hooks of all managers.
    """

    def __init__(
        self,
        code: HookCode,
        limits: Limits,
        launcher: Launcher,
        clock: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
        *,
        calls: Calls | None = None,
    ) -> None:
        self.code = code
        self._limits = limits
        self._clock = clock
        self._circuits = Circuits(monotonic)
        self._last_failure = ""
        self._places = asyncio.Semaphore(_AT_ONCE)
        self._users: set[str] = set()
        self._calls = self._failures = self._running = 0
        self._of_all = calls or Calls()
        self._loaded_at = self._last_used = clock()
        self._worker = SupervisedWorker(launcher, monotonic)
        loop = asyncio.get_running_loop()
        weakref.finalize(self, _end, loop, self._worker).atexit = False

    async def start(self) -> None:
        """Start the worker.

        Raises:
            BusyError: The system lacks processes, memory or descriptors.
        """
        await self._worker.get()

    async def close(self) -> None:
        """End the worker and the hooks that run, within seconds."""
        self._worker.end()
        await self._worker.ended()

    async def call(
        self, hook: str, data: dict[str, Any], *, user_id: str, scratch: Path
    ) -> dict[str, Any]:
        """Run one hook for one user.

        A cancelled call ends its hook and leaves no process behind. Waiting for a place among
        the hooks of this release does not count as the hook's time.

        Args:
            hook: ``install``, ``update``, ``enable``, ``disable``, ``uninstall``, ``status``,
                ``export``, or ``validate``.
            data: What the hook gets; JSON.
            user_id: For whom.
            scratch: An empty directory that the hook may write to; the caller removes it.

        Returns:
            The result of the hook. It comes from the plugin: it is JSON, and nothing more is
            known of it.

        Raises:
            HookError: The hook failed, or hooks are suspended; what it was to do is not done.
            MissingExtraError: The hook needs a library that is not installed.
            BusyError: No process can be started at the moment.
        """
        self._require_closed_circuit(hook, user_id)
        async with self._places:
            self._require_closed_circuit(hook, user_id)
            answer = await self._answer(hook, data, user_id, scratch)
        if answer.kind == "result":
            return answer.result
        raise answers.error(answer, **self._fields(hook))

    async def statistics(self) -> ManagerStatistics:
        """Return what the manager has done until now."""
        pid = self._worker.pid
        return ManagerStatistics(
            slug=self.code.slug,
            version=self.code.version,
            users=len(self._users),
            calls=self._calls,
            failures=self._failures,
            running=self._running,
            loaded_at=self._loaded_at,
            last_used=self._last_used,
            pid=pid,
            memory=await asyncio.to_thread(resident_memory, pid) if pid else 0,
            circuit=self._circuits.state,
            reason=self._last_failure,
        )

    async def _answer(self, hook: str, data: dict[str, Any], user_id: str, scratch: Path) -> Answer:
        request = self._request(hook, data, scratch)
        if hook == _CHECK:
            return await self._run(request)
        self._users.add(user_id)
        self._calls += 1
        self._running += 1
        self._circuits.begin(user_id)
        try:
            answer = await self._run(request)
        except BaseException:
            self._circuits.leave(user_id)
            raise
        finally:
            self._running -= 1
            self._last_used = self._clock()
        self._judge(answer, user_id)
        return answer

    async def _run(self, request: dict[str, Any]) -> Answer:
        async with call_files.opened(request) as files:
            worker = await self._worker.get()
            try:
                async with asyncio.timeout(self._limits.timeout):
                    code: int | None = await worker.run(files.descriptors)
            except TimeoutError:
                code = None
            except OSError as error:
                raise BusyError(f"no process for a hook could be started: {error}") from error
            data, lines = await asyncio.to_thread(files.read)
        for line in lines:
            log.info("plugin output", **self._fields(request["hook"]), line=line)
        if code is None:
            return Answer("timeout", {}, f"it took longer than {self._limits.timeout:g} s")
        return await asyncio.to_thread(answers.read, code, data)

    def _request(self, hook: str, data: dict[str, Any], scratch: Path) -> dict[str, Any]:
        return {
            **self._fields(hook),
            "contract": self.code.contract,
            "path": str(self.code.path),
            "hooks": self.code.hooks,
            "scratch": str(scratch),
            "memory": self._limits.memory,
            "data": data,
        }

    def _fields(self, hook: str) -> dict[str, str]:
        return {"hook": hook, "slug": self.code.slug, "version": self.code.version}

    def _judge(self, answer: Answer, user_id: str) -> None:
        self._of_all.ended += 1
        if answer.kind != "result":
            self._failures += 1
            self._of_all.failed += 1
            self._of_all.timed_out += answer.kind == "timeout"
        if answer.kind in {"result", "refused"}:
            self._circuits.succeed(user_id)
        elif answer.kind == "missing-extra":
            self._circuits.leave(user_id)
        else:
            self._last_failure = answer.message
            self._circuits.fail(user_id, answers.reason(answer))

    def _require_closed_circuit(self, hook: str, user_id: str) -> None:
        rest, reason = self._circuits.rest(user_id)
        if rest > 0 and hook != _CHECK:
            raise HooksSuspendedError(
                f"the hooks of {self.code.slug} {self.code.version} failed several times and rest"
                f" for {rest:.0f} s; the last failure: {reason}",
                **self._fields(hook),
                retry_after=rest,
                reason=reason,
            )


def _end(loop: asyncio.AbstractEventLoop, worker: SupervisedWorker) -> None:
    try:
        loop.call_soon_threadsafe(worker.end)
    except RuntimeError:  # the loop is closed
        worker.abandon()
