"""Translates aiokafka's errors into those of the stream."""

import asyncio
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import Any, TypeVar

from aiokafka import errors as kafka

from streaming.errors import (
    BrokerDownError,
    FencedError,
    RecordTooLargeError,
    StopServiceError,
    StreamingError,
    UnknownTopicError,
)

FENCED = (
    kafka.CommitFailedError,
    kafka.IllegalGenerationError,
    kafka.UnknownMemberIdError,
    kafka.RebalanceInProgressError,
    kafka.IllegalStateError,
    kafka.ConsumerStoppedError,
)
TOO_LARGE = (kafka.MessageSizeTooLargeError,)
UNKNOWN = (kafka.UnknownTopicOrPartitionError,)
DOWN = (
    kafka.KafkaConnectionError,
    kafka.KafkaTimeoutError,
    kafka.NodeNotReadyError,
    kafka.RequestTimedOutError,
    kafka.NoBrokersAvailable,
)

R = TypeVar("R")


def translated(error: BaseException, bootstrap: str) -> StreamingError:
    """The stream's error for one of aiokafka's."""
    name = type(error).__name__
    if isinstance(error, FENCED):
        return FencedError(f"the group has moved on ({name})")
    if isinstance(error, TOO_LARGE):
        return RecordTooLargeError(f"the broker at {bootstrap} refuses a record of this size")
    if isinstance(error, UNKNOWN):
        return UnknownTopicError("the topic does not exist: `weir up` or `weir apply` creates all topics")
    if isinstance(error, (*DOWN, TimeoutError, OSError)) or (
        isinstance(error, kafka.KafkaError) and error.retriable
    ):
        return BrokerDownError(f"Kafka does not answer at {bootstrap} ({name})")
    return StopServiceError(f"Kafka at {bootstrap} refused for good: {name}")


@contextmanager
def translating(bootstrap: str) -> Generator[None]:
    """Raise the stream's errors inside this block."""
    try:
        yield
    except (kafka.KafkaError, TimeoutError, OSError) as error:
        raise translated(error, bootstrap) from error


def translated_result(
    sent: "asyncio.Future[Any]", result_of: Callable[[int], R], bootstrap: str
) -> "asyncio.Future[R]":
    """A future of a value made from the first acknowledged offset; it fails with the stream's errors."""
    result: asyncio.Future[R] = asyncio.get_running_loop().create_future()

    def copy_result(done: "asyncio.Future[Any]") -> None:
        if result.done():
            return
        if done.cancelled():
            result.cancel()
        elif (error := done.exception()) is not None:
            result.set_exception(translated(error, bootstrap))
        else:
            result.set_result(result_of(int(getattr(done.result(), "offset", -1))))

    sent.add_done_callback(copy_result)
    return result
