"""The errors of the stream, and what a loop does on each of them.

StreamingError
├── BadEventError            the input is broken: dead-letter the record at once
├── DependencyDownError      a dependency is down: keep the record, wait, handle it again
│   └── BrokerDownError      the broker is down
├── StopServiceError         continuing would do harm: end the process; its supervisor restarts it
│   ├── LeaseLostError       suspended longer than the session: another process may own the partitions
│   ├── ForeignWriteError    another writer appended to an owned partition: rebuild the loop from the log
│   ├── BreakerOpenError     too many recent records failed: end the process instead of dead-lettering
│   └── FencedError          the group refused a commit: end the partition worker
├── RecordTooLargeError      the broker refuses a record of this size: dead-letter what it follows from
├── RowsRefusedError         the store refuses some rows for good: dead-letter their records
└── UnknownTopicError        the topic does not exist
Any other exception of a handler is retried a bounded number of times; then the record is dead-lettered.
"""


class StreamingError(Exception):
    """The root of all errors of the stream."""


class BadEventError(StreamingError):
    """The input is permanently invalid; `reason` is a stable code, and the message contains no content."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class DependencyDownError(StreamingError):
    """A dependency outside of the process does not respond; the message names it and its address."""


class BrokerDownError(DependencyDownError):
    """The broker does not respond."""


class StopServiceError(StreamingError):
    """Continuing would do harm: the worker that raised it must end before it writes again."""


class LeaseLostError(StopServiceError):
    """The process was suspended longer than its group session."""


class ForeignWriteError(StopServiceError):
    """An acknowledged offset was not the next one: another process wrote to this partition."""


class BreakerOpenError(StopServiceError):
    """Too many recent records failed; the service stops instead of dead-lettering the whole topic."""


class FencedError(StopServiceError):
    """The group has assigned the partition to another member."""


class RecordTooLargeError(StreamingError):
    """The record is larger than the broker or the topic accepts."""


class RowsRefusedError(StreamingError):
    """A store permanently refuses the content of some rows; the message contains no content."""


class UnknownTopicError(StreamingError):
    """The topic does not exist; `weir up` or `weir apply` creates all topics."""
