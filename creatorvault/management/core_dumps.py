"""A process that crashes must not leave its memory behind: keys, tokens and ideas are in it."""

import ctypes
import resource
import sys
from typing import Final

PR_SET_DUMPABLE: Final = 4
"""prctl(2)."""


def forbid_core_dumps() -> None:
    """For this process and those that are forked from it. Raises OSError.

    The limit holds for programs that they start too, and keeps the kernel from writing a file. It does not keep it from
    handing the memory to a program, such as systemd-coredump, where `kernel.core_pattern` names one (core(5)). That
    takes a process that is not dumpable, of which other processes of the same user cannot read the memory either: a
    debugger or profiler has to be root's.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux" and ctypes.CDLL(None, use_errno=True).prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_DUMPABLE)")
