"""What can go wrong in a loop, and what the loop does with it.

StreamingError
├── BadEventError            the input is broken: dead letter at once, go on
├── DependencyDownError      something outside is down: keep the record, wait, offer it again
│   └── BrokerDownError      the log itself is down
├── StopServiceError         going on would do harm: stop the process, a supervisor starts it again
│   ├── LeaseLostError       this process was frozen longer than its session: somebody else may own its partitions
│   ├── ForeignWriteError    another writer appended to an owned partition: the loop begins anew from the log
│   ├── BreakerOpenError     too large a share of records would go to the dead letters
│   └── FencedError          a commit was refused: the group has moved on
├── RecordTooLargeError      the broker refuses a record of this size
├── RowsRefusedError         the store will never take some of these rows: their records are dead letters
└── UnknownTopicError        the topic does not exist
Every other exception of a handler is retried a bounded number of times, then dead-lettered.
"""


class StreamingError(Exception):
    """The root of all errors of the stream."""


class BadEventError(StreamingError):
    """The input cannot be handled, now or later; `reason` is a stable code, the message holds no content."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class DependencyDownError(StreamingError):
    """A part outside of the process does not answer; says which one and where it was looked for."""


class BrokerDownError(DependencyDownError):
    """The broker does not answer."""


class StopServiceError(StreamingError):
    """The process must end before it writes again."""


class LeaseLostError(StopServiceError):
    """The process was frozen longer than its group session."""


class ForeignWriteError(StopServiceError):
    """An acknowledged offset was not the next one: another process wrote to this partition."""


class BreakerOpenError(StopServiceError):
    """Too many recent records were dead letters; stop instead of emptying the topic into them."""


class FencedError(StopServiceError):
    """The group has given the partition to somebody else."""


class RecordTooLargeError(StreamingError):
    """The record is larger than the broker or the topic accepts."""


class RowsRefusedError(StreamingError):
    """A store refuses a block for what its rows hold, now and later; the message holds no content."""


class UnknownTopicError(StreamingError):
    """The topic does not exist; `weir up` or `weir migrate` creates all topics."""
