"""Passwords: argon2id, computed in threads, a few at a time; and bcrypt of those who migrated."""

import asyncio
import contextlib
from collections.abc import Callable
from typing import ParamSpec, TypeVar

import bcrypt
from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

from pluginhub.errors import BusyError, InvalidError

P = ParamSpec("P")
R = TypeVar("R")

_AT_ONCE = 2  # each takes tens of milliseconds and 64 MiB
_WAITING = 20
_SHORTEST = 8  # characters
_LONGEST = 1024  # bytes
_BCRYPT = "$2"
_BCRYPT_LONGEST = 72  # bytes


class Passwords:
    """Makes and checks hashes without letting a flood of sign-ins stop the server."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher()
        self._slots = asyncio.Semaphore(_AT_ONCE)
        self._waiting = 0

    async def hash(self, password: str) -> str:
        """Return the argon2id hash of a new password.

        Raises:
            InvalidError: It is too short or too long, or is not text.
            BusyError: Too many are waiting already.
        """
        if len(password) < _SHORTEST:
            raise InvalidError(f"a password has at least {_SHORTEST} characters")
        return await self._run(self._hasher.hash, _encoded(password))

    async def rehash(self, password: str) -> str:
        """Return the argon2id hash of a password that was right, however short it is.

        Raises:
            BusyError: Too many are waiting already.
        """
        return await self._run(self._hasher.hash, _encoded(password))

    async def verify(self, password_hash: str | None, password: str) -> bool:
        """Return whether a password is the right one.

        It takes as long for an account that does not exist or has no password (None), so that
        the time does not tell which accounts there are.

        Raises:
            InvalidError: The password is too long, or is not text.
            BusyError: Too many are waiting already.
        """
        encoded = _encoded(password)
        if password_hash is None:
            await self._run(self._hasher.hash, encoded)  # as much work as a check
            return False
        return await self._run(self._matches, password_hash, encoded)

    def is_old(self, password_hash: str) -> bool:
        """Return whether a hash is to be replaced when its password is known."""
        return password_hash.startswith(_BCRYPT) or self._hasher.check_needs_rehash(password_hash)

    def _matches(self, password_hash: str, password: bytes) -> bool:
        if password_hash.startswith(_BCRYPT):
            # What that algorithm leaves out was never compared; the library refuses to be asked.
            with contextlib.suppress(ValueError):  # the hash itself is broken
                return bcrypt.checkpw(password[:_BCRYPT_LONGEST], password_hash.encode())
            return False
        try:
            return self._hasher.verify(password_hash, password)
        except VerifyMismatchError:
            return False

    async def _run(self, function: Callable[P, R], *arguments: P.args, **keywords: P.kwargs) -> R:
        if self._waiting >= _WAITING:
            raise BusyError("too many sign-ins at once; try again in a moment")
        self._waiting += 1
        try:
            async with self._slots:
                return await asyncio.to_thread(function, *arguments, **keywords)
        finally:
            self._waiting -= 1


def _encoded(password: str) -> bytes:
    try:
        encoded = password.encode()
    except UnicodeEncodeError as error:
        raise InvalidError("the password is not valid Unicode text") from error
    if len(encoded) > _LONGEST:
        raise InvalidError(f"a password has at most {_LONGEST} bytes")
    return encoded
