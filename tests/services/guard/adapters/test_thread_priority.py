"""A thread of low priority leaves the priority of all other threads as it is."""

import os
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

from services.guard.adapters.thread_priority import LONG_NICENESS, lower_thread_priority

HAS_PRIORITIES = sys.platform == "linux"


def niceness() -> int:
    """Of the current thread; 0 where threads have none."""
    return os.getpriority(os.PRIO_PROCESS, threading.get_native_id()) if HAS_PRIORITIES else 0


def test_only_the_thread_itself_gets_a_lower_priority() -> None:
    before = niceness()

    with ThreadPoolExecutor(1, initializer=lower_thread_priority) as lowered, ThreadPoolExecutor(1) as other:
        of_lowered, of_other = lowered.submit(niceness).result(), other.submit(niceness).result()

    assert of_lowered == min(19, before + LONG_NICENESS) if HAS_PRIORITIES else before
    assert (of_other, niceness()) == (before, before)
