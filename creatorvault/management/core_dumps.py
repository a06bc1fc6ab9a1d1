"""Disables core dumps, which would contain keys, tokens and ideas."""

import ctypes
import resource
import sys
from typing import Final

PR_SET_DUMPABLE: Final = 4
"""prctl(2)."""


def forbid_core_dumps() -> None:
    """Applies to this process and those forked from it. Raises OSError.

    The limit also applies to programs that they start, and prevents the kernel from writing a file. It does not prevent
    the kernel from passing the memory to a program, such as systemd-coredump, named in `kernel.core_pattern` (core(5)).
    This requires the process to be marked as not dumpable; other processes of the same user cannot read its memory then
    either, so a debugger or profiler has to run as root.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux" and ctypes.CDLL(None, use_errno=True).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_DUMPABLE)")
