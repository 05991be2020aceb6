"""The lease: a process that was suspended for too long never writes again."""

import pytest

from streaming.errors import LeaseLostError
from streaming.partitions.lease import Lease


def test_a_process_that_was_away_longer_than_its_session_may_not_write_again() -> None:
    now = [100.0]
    lease = Lease(6.0, clock=lambda: now[0])
    now[0] = 105.9
    lease.check()
    now[0] = 106.1
    with pytest.raises(LeaseLostError, match=r"6\.1 s"):
        lease.check()
    now[0] = 100.0
    with pytest.raises(LeaseLostError):
        lease.check()
