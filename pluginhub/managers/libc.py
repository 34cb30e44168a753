"""The C library, opened once: each time costs a hook more than what it is opened for."""

import ctypes
import sys

LIBC = ctypes.CDLL("msvcrt" if sys.platform == "win32" else None)
