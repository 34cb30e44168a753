"""How commands that go on are asked to stop."""

import asyncio
import contextlib
import signal
from collections.abc import Callable


def stop_event(again: Callable[[signal.Signals], None] | None = None) -> asyncio.Event:
    """Return an event that SIGTERM and Ctrl-C set.

    Args:
        again: Is called if one comes after that; None takes no notice of it.
    """
    event = asyncio.Event()
    loop = asyncio.get_running_loop()

    def asked(number: signal.Signals) -> None:
        if event.is_set() and again:
            again(number)
        event.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        # On Windows the loop takes no handlers; Ctrl-C interrupts asyncio.run there.
        with contextlib.suppress(NotImplementedError):
            loop.add_signal_handler(number, asked, number)
    return event
