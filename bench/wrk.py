"""Runs wrk, and reads what it measured."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_REPORT = Path(__file__).with_name("report.lua")


@dataclass(frozen=True)
class Load:
    """What is asked for.

    Attributes:
        url: With its host.
        headers: Of each request.
            connections: That are kept busy.
    """

    url: str
    headers: Mapping[str, str]
    connections: int = 32


@dataclass(frozen=True)
class Measured:
    """What came of it.

    Attributes:
        rate: Requests a second.
        p50: Milliseconds.
        p99: Milliseconds.
    """

    rate: float
    p50: float
    p99: float


async def run(load: Load, seconds: float, prefix: Sequence[str] = ()) -> Measured:
    """Load a server.

    Args:
        load: What with.
        seconds: How long; wrk takes whole ones.
        prefix: Of the command.

    Raises:
        RuntimeError: An answer was an error, or wrk failed.
    """
    headers = [f"-H{name}: {value}" for name, value in load.headers.items()]
    process = await asyncio.create_subprocess_exec(
        *(*prefix, "wrk", "-t1", f"-c{load.connections}", f"-d{round(seconds)}s"),
        *("-s", str(_REPORT), *headers, load.url),
        stdout=asyncio.subprocess.PIPE,
    )
    output, _ = await process.communicate()
    if process.returncode:
        raise RuntimeError("wrk failed")
    found = json.loads(output.decode().splitlines()[-1])
    if found["failed"] or not found["requests"]:
        raise RuntimeError(f"{load.url}: {found}")
    return Measured(found["requests"] / found["seconds"], found["p50"], found["p99"])
