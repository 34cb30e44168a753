"""Refuses a hook process the system calls that files, limits and signals do not cover.

They reach other processes of the same account, sockets in the file system, or memory that
outlives the process. Changes of modes, owners, times and attributes seem to succeed: Landlock
does not know them, and programs that copy files take a refusal for an error. Only Linux on
x86_64 and aarch64 has the filter.
"""

import ctypes
import errno
import os
import struct
import sys

from pluginhub.managers.libc import LIBC

# Numbers on x86_64 and on aarch64, which lacks some.
_Calls = dict[str, tuple[int, int | None]]
_REFUSED: _Calls = {
    "setpriority": (141, 140),
    "sched_setscheduler": (144, 119),
    "sched_setparam": (142, 118),
    "sched_setattr": (314, 274),
    "sched_setaffinity": (203, 122),
    "ioprio_set": (251, 30),
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "pidfd_getfd": (438, 438),
    "shmget": (29, 194),
    "shmat": (30, 196),
    "shmctl": (31, 195),
    "semget": (64, 190),
    "semop": (65, 193),
    "semtimedop": (220, 192),
    "semctl": (66, 191),
    "msgget": (68, 186),
    "msgsnd": (69, 189),
    "msgrcv": (70, 188),
    "msgctl": (71, 187),
    "mq_open": (240, 180),
    "mq_unlink": (241, 181),
    "kexec_load": (246, 104),
    "kexec_file_load": (320, 294),
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "unshare": (272, 97),
    "setns": (308, 268),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fspick": (433, 433),
    "mount_setattr": (442, 442),
    "open_tree_attr": (467, 467),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425),
}
_PRETENDED: _Calls = {
    "chmod": (90, None),
    "fchmod": (91, 52),
    "fchmodat": (268, 53),
    "fchmodat2": (452, 452),
    "chown": (92, None),
    "fchown": (93, 55),
    "lchown": (94, None),
    "fchownat": (260, 54),
    "setxattr": (188, 5),
    "lsetxattr": (189, 6),
    "fsetxattr": (190, 7),
    "removexattr": (197, 14),
    "lremovexattr": (198, 15),
    "fremovexattr": (199, 16),
    "setxattrat": (463, 463),
    "removexattrat": (466, 466),
    "file_setattr": (469, 469),
}
# With the position of the times.
_TIMES: dict[str, tuple[int, int]] = {"utime": (132, 1), "utimes": (235, 1), "futimesat": (261, 2)}
_UTIMENSAT = (280, 88)
_PRLIMIT, _SOCKET, _SOCKETPAIR = (302, 261), (41, 198), (53, 199)

# What the kernel calls the architectures, in linux/audit.h.
_ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
_X32 = 0x40000000  # added to the numbers of a second set of calls on x86_64

# Codes of linux/bpf_common.h, and where linux/seccomp.h puts what the program looks at.
_LOAD, _AND, _RETURN, _IS, _IS_AT_LEAST = 0x20, 0x54, 0x06, 0x15, 0x35
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16
_ALLOW, _PRETEND = 0x7FFF0000, 0x00050000
_REFUSE = _PRETEND | errno.EPERM

_PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _PR_GET_SECCOMP = 38, 22, 21
_MODE_FILTER = 2

_AF_UNIX = 1
_KIND_OF_SOCKET = 0xF
_CONNECTED = (1, 5)  # SOCK_STREAM and SOCK_SEQPACKET, of which no pair can be connected anew


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("code", ctypes.c_char_p))


def is_there() -> bool:
    """Return whether the system has such filters, and there is one for it."""
    nothing = ctypes.c_ulong(0)
    return bool(_CODE) and LIBC.prctl(_PR_GET_SECCOMP, nothing, nothing, nothing, nothing) >= 0


def filter_calls() -> bool:
    """Give up, for this process and all that it starts, calls that no hook needs.

    Returns:
        Whether the system enforces it; False where there is no filter for it.
    """
    if not _CODE:
        return False
    program = _Program(len(_CODE) // 8, _CODE)
    nothing = ctypes.c_ulong(0)
    LIBC.prctl(_PR_SET_NO_NEW_PRIVS, ctypes.c_ulong(1), nothing, nothing, nothing)
    mode = ctypes.c_ulong(_MODE_FILTER)
    return bool(LIBC.prctl(_PR_SET_SECCOMP, mode, ctypes.byref(program), nothing, nothing) == 0)


def _instruction(code: int, value: int, yes: int = 0, no: int = 0) -> bytes:
    """Return one instruction; a comparison skips ``yes`` or ``no`` of those that follow."""
    return struct.pack("=HBBI", code, yes, no, value)


def _on(number: int, *then: bytes) -> bytes:
    """Return instructions for one call, which must end in a return."""
    return _instruction(_IS, number, no=len(then)) + b"".join(then)


def _on_argument(
    call: tuple[int, int], values: tuple[int, ...], answers: tuple[int, int], mask: int = 0xFFFFFFFF
) -> bytes:
    """Return instructions for one call that depends on the low half of an argument.

    Args:
        call: Its number, and the position of the argument.
        values: That the argument may have.
        answers: To these values, and to all others.
        mask: What of the argument is compared.
    """
    number, position = call
    among, otherwise = answers
    return _on(
        number,
        _instruction(_LOAD, _ARGUMENTS + 8 * position),
        _instruction(_AND, mask),
        *(_instruction(_IS, value, yes=len(values) - n) for n, value in enumerate(values)),
        _instruction(_RETURN, otherwise),
        _instruction(_RETURN, among),
    )


def _times(index: int) -> bytes:
    """Return instructions for changes of times.

    Success is pretended, but not where a path gets the time of now: ``Path.touch`` tries that
    first, and makes a file that is missing only after a failure.
    """
    older = _TIMES.values() if index == 0 else ()
    return b"".join(_on_argument(call, (0,), (_REFUSE, _PRETEND)) for call in older) + _on(
        _UTIMENSAT[index],
        _instruction(_LOAD, _ARGUMENTS + 8),
        _instruction(_IS, 0, yes=2),  # no path, but an open file
        _instruction(_LOAD, _ARGUMENTS + 16),
        _instruction(_IS, 0, yes=1),  # no times, hence now
        _instruction(_RETURN, _PRETEND),
        _instruction(_RETURN, _REFUSE),
    )


def _program() -> bytes:
    """Return the filter for the architecture of this process, nothing if there is none."""
    if sys.platform != "linux" or sys.maxsize < 2**32:
        return b""
    machine = os.uname().machine
    if machine not in _ARCHITECTURES:
        return b""
    index = list(_ARCHITECTURES).index(machine)
    parts = [
        _instruction(_LOAD, _ARCHITECTURE),
        _instruction(_IS, _ARCHITECTURES[machine], yes=1),
        _instruction(_RETURN, _REFUSE),
        _instruction(_LOAD, _NUMBER),
        _instruction(_IS_AT_LEAST, _X32, no=1),
        _instruction(_RETURN, _REFUSE),
    ]
    for calls, answer in ((_REFUSED, _REFUSE), (_PRETENDED, _PRETEND)):
        numbers = [found for call in calls.values() if (found := call[index]) is not None]
        parts += [_on(number, _instruction(_RETURN, answer)) for number in numbers]
    only, never = (_ALLOW, _REFUSE), (_REFUSE, _ALLOW)
    parts += [
        _times(index),
        _on_argument((_PRLIMIT[index], 0), (0,), only),  # 0 is the process itself
        _on_argument((_SOCKET[index], 0), (_AF_UNIX,), never),
        _on_argument((_SOCKETPAIR[index], 1), _CONNECTED, only, _KIND_OF_SOCKET),
        _instruction(_RETURN, _ALLOW),
    ]
    return b"".join(parts)


_CODE = _program()
