"""The client for addresses that users name: guarded, unwilling to inflate, limited in time."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager

import aiohttp
from aiohttp import hdrs
from yarl import URL

import pluginhub
from pluginhub.errors import SourceError
from pluginhub.sources.addresses import read, shown
from pluginhub.sources.guard import Guard, RefusedAddressError

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_MAX_REDIRECTS = 3
_TIMEOUT = aiohttp.ClientTimeout(total=None, sock_connect=10, sock_read=30)  # seconds
_HEADERS = {
    hdrs.USER_AGENT: f"pluginhub/{pluginhub.__version__}",
    hdrs.ACCEPT_ENCODING: "identity",  # a small body could become a huge one
}


class Client:
    """Asks other servers.

    Args:
        guard: Which of them.
        deadline: Seconds for a request with all that it leads to, and for reading its answer.
    """

    def __init__(self, guard: Guard, deadline: float = 60.0) -> None:
        self._guard = guard
        self._deadline = deadline
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(socket_factory=guard.open_socket, use_dns_cache=False),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers=_HEADERS,
            timeout=_TIMEOUT,
            auto_decompress=False,
        )

    async def close(self) -> None:
        """Close all connections."""
        await self._session.close()

    @asynccontextmanager
    async def get(
        self, text: str, headers: Mapping[str, str] | None = None, token: str | None = None
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """Ask for an address, through at most three redirects, and lend the answer.

        Args:
            text: The address.
            headers: To send to every server on the way.
            token: A secret for the server of the address; no other one gets it.

        Raises:
            SourceError: The address is none that may be asked, its server does not answer, or
                not in time; also for what goes wrong while the block reads.
        """
        url = first = self._guard.parse(text)
        with _explained(first):
            async with asyncio.timeout(self._deadline):
                for _ in range(_MAX_REDIRECTS + 1):
                    sent = dict(headers or {})
                    if token and url.origin() == first.origin():
                        sent[hdrs.AUTHORIZATION] = f"Bearer {token}"
                    async with self._session.get(
                        url, headers=sent, allow_redirects=False
                    ) as response:
                        location = response.headers.get(hdrs.LOCATION)
                        if response.status not in _REDIRECTS or location is None:
                            yield _plain(response)
                            return
                    url = self._guard.parse(_joined(url, location))
        raise SourceError(
            "bad-answer",
            f"{first.host} redirects more than {_MAX_REDIRECTS} times",
            url=shown(first),
        )

    async def post(self, text: str, body: bytes, headers: Mapping[str, str]) -> int:
        """Send something to an address; its answer is not read, and no redirect is followed.

        Returns:
            HTTP status of the answer.

        Raises:
            SourceError: The address is none that may be asked, its server does not answer, or
                not in time.
        """
        url = self._guard.parse(text)
        with _explained(url):
            async with (
                asyncio.timeout(self._deadline),
                self._session.post(
                    url, data=body, headers=headers, allow_redirects=False
                ) as response,
            ):
                return response.status


def _plain(response: aiohttp.ClientResponse) -> aiohttp.ClientResponse:
    encoding = response.headers.get(hdrs.CONTENT_ENCODING, "identity")
    if encoding.lower() != "identity":
        raise SourceError(
            "bad-answer", f"{response.url.host} compressed its answer, and was asked not to"
        )
    return response


def _joined(url: URL, location: str) -> str:
    try:
        return str(url.join(read(location)))
    except SourceError as error:
        raise SourceError("bad-answer", f"{url.host} redirects to no address") from error


@contextmanager
def _explained(url: URL) -> Iterator[None]:
    try:
        yield
    except TimeoutError as error:
        raise SourceError(
            "unreachable", f"{url.host} did not answer in time", url=shown(url)
        ) from error
    except aiohttp.InvalidURL as error:
        raise SourceError("bad-url", "this is no address of a web server") from error
    except aiohttp.ClientConnectorError as error:
        if isinstance(error.os_error, RefusedAddressError):
            raise SourceError(
                "refused-address",
                f"{url.host} leads to an address or a port that the server is not sent to"
                " (publish.allow_private_networks)",
                url=shown(url),
            ) from error
        raise SourceError("unreachable", f"{url.host} cannot be reached", url=shown(url)) from error
    except aiohttp.ClientPayloadError as error:
        raise SourceError(
            "bad-answer", f"the answer of {url.host} was cut short", url=shown(url)
        ) from error
    except (aiohttp.ClientError, UnicodeError) as error:
        raise SourceError(
            "bad-answer", f"{url.host} did not answer as a web server does", url=shown(url)
        ) from error
