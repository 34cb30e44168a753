"""No address that somebody names leads to this machine, or to a network that is not public."""

import socket
from pathlib import Path
from typing import Any

import pytest
from aiohttp import TCPConnector, web
from aiohttp.abc import AbstractResolver, ResolveResult

from pluginhub.config.sections import Publish
from pluginhub.errors import SourceError
from pluginhub.sources.guard import Guard
from pluginhub.sources.sources import Sources
from tests.sources.fake_github import FakeGitHub

# Separated by spaces
LOOPBACK = """
127.0.0.1 127.1 127.0.1 0x7f.1 0x7f.0.0.1 0x7f000001 0177.0.0.1 0177.1 017700000001 2130706433 0
0.0.0.0 127.0.0.1. localhost LOCALHOST 127.1.2.3 [::1] [::] [0:0:0:0:0:0:0:1] [::ffff:127.0.0.1]
[::ffff:7f00:1] [::127.0.0.1] [64:ff9b::7f00:1] [64:ff9b::127.0.0.1] [64:ff9b:1::7f00:1]
[2002:7f00:1::] \uff11\uff12\uff17.\uff10.\uff10.\uff11 \u2460\u2461\u2466.\u24ea.\u24ea.\u2460
127\u30020\u30020\u30021 %31%32%37.0.0.1 127.0.0.1%00
"""
NOT_PUBLIC = """
10.0.0.1 172.16.0.1 192.168.1.1 169.254.169.254 [::ffff:169.254.169.254] 100.64.0.1 224.0.0.1
[ff02::1] [fe80::1] [fec0::1] [fd00::1] [::ffff:10.0.0.1] [2002:a00:1::] [64:ff9b::a9fe:a9fe]
255.255.255.255 240.0.0.1 192.0.2.1 0x0a.1
"""


async def code_of(sources: Sources, url: str, tmp_path: Path) -> str:
    """Return with what an address is refused."""
    with pytest.raises(SourceError) as caught:
        await sources.fetch_url(url, tmp_path / "file")
    assert not (tmp_path / "file").exists()
    return caught.value.code


@pytest.fixture(name="strict")
async def _strict() -> Any:
    sources = Sources(Publish(allow_http=True), 100)
    yield sources
    await sources.close()


async def test_no_spelling_of_an_address_that_is_not_public_is_connected_to(
    strict: Sources, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[Any] = []
    monkeypatch.setattr(socket.socket, "connect", lambda *address: opened.append(address))
    expected = {"source-refused-address", "source-bad-url", "source-unreachable"}
    for host in (LOOPBACK + NOT_PUBLIC).split():
        for url in (f"http://{host}/x.zip", f"https://{host}/x.zip"):
            assert await code_of(strict, url, tmp_path) in expected, url
    assert opened == []


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "ftp://example.org/x",
        "gopher://example.org/x",
        "data:text/plain,x",
        "jar:https://example.org!/x",
        "//example.org/x",
        "/x",
        "example.org/x",
        "",
        "https:",
        "https:///x",
        "https:example.org",
        "https://good@example.org/x",
        "https://:@example.org/x",
        "https://user:secret@example.org/x",
        "https://example.org:99999/x",
        "https://example.org:port/x",
        "https://exa mple.org/x",
        "https://example.org\\@127.0.0.1/x",
        "https://example.org/\r\nX: y",
        "https://[::1/x",
        "https://" + "x" * 9000,
        "http://example.org/x",
        "https://xn--/x",
        "https://xn--zzzzzz/x",
        "https://[:]/x",
        "https://[::ffff:1.2.3.999]/x",
        "https://4]80:[@/3",
    ],
)
def test_what_is_no_address_of_a_web_server_is_refused(url: str) -> None:
    with pytest.raises(SourceError) as caught:
        Guard(Publish()).parse(url)
    assert caught.value.code == "source-bad-url"
    assert "secret" not in caught.value.message


def test_only_public_addresses_and_the_ports_of_the_web_are_open() -> None:
    guard = Guard(Publish(github_url="https://git.example.org:3000/api/v1"))
    assert all(
        guard.allows(host, port) for host in ("1.1.1.1", "2606:4700::1") for port in (80, 443)
    )
    assert guard.allows("1.1.1.1", 3000)
    assert not any(guard.allows("1.1.1.1", port) for port in (22, 25, 6379, 8080))
    assert guard.allows("64:ff9b::101:101", 443)
    assert guard.allows("2002:101:101::", 443)
    assert not guard.allows("127.0.0.1", 443)


def test_networks_that_the_operator_allows_are_open_at_every_port() -> None:
    guard = Guard(Publish(allow_private_networks=("10.1.0.0/16", "fd00::/8")))
    assert guard.allows("10.1.2.3", 3000)
    assert guard.allows("::ffff:10.1.2.3", 3000)
    assert guard.allows("fd00::1", 22)
    assert not guard.allows("10.2.0.1", 443)
    assert not guard.allows("127.0.0.1", 443)


class Rebinding(AbstractResolver):
    """A name server under the control of somebody else: first a public address, then ours."""

    def __init__(self, *answers: str) -> None:
        self.answers = list(answers)

    async def resolve(self, host: str, port: int = 0, family: Any = 0) -> list[ResolveResult]:  # noqa: ARG002 - of the base class
        address = self.answers.pop(0)
        kind = socket.AF_INET6 if ":" in address else socket.AF_INET
        return [
            ResolveResult(hostname=host, host=address, port=port, family=kind, proto=0, flags=0)
        ]

    async def close(self) -> None:
        pass


async def test_a_name_that_leads_here_the_second_time_is_refused_the_second_time(
    github: FakeGitHub, tmp_path: Path
) -> None:
    async def answer(_request: web.Request) -> web.Response:
        response = web.Response(body=b"secret")
        response.force_close()  # else the connection that was checked is used again
        return response

    github.answer = answer
    port = github.url.rpartition(":")[2]
    settings = Publish(
        allow_http=True, github_url=github.url, allow_private_networks=("127.0.0.1/32",)
    )
    sources = Sources(settings, 100)
    connector = sources._client._session.connector
    assert isinstance(connector, TCPConnector)
    # The first address is allowed here, the second is the same server by another address.
    resolver = connector._resolver = Rebinding("127.0.0.1", "127.0.0.2", "::1", "10.0.0.1")
    url = f"http://evil.example:{port}/x"
    await sources.fetch_url(url, tmp_path / "first")
    for _ in range(3):
        assert await code_of(sources, url, tmp_path) == "source-refused-address"
    assert resolver.answers == []
    assert len(github.asked) == 1
    await sources.close()
