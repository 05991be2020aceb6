"""Lowers the priority of a thread, so that the operating system prefers the others."""

import os
import sys
import threading
from contextlib import suppress

LONG_NICENESS = 5
"""Of threads for long calls: a core gives such a thread a quarter of its time while another one wants it."""


def lower_thread_priority() -> None:
    """Lower the priority of the current thread by LONG_NICENESS; only Linux has priorities of threads."""
    if sys.platform != "linux":
        return
    thread = threading.get_native_id()
    with suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, thread, os.getpriority(os.PRIO_PROCESS, thread) + LONG_NICENESS)
