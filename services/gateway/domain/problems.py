"""Why a caller gets no answer: the facts of an error reply, whatever carries them."""

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Problem:
    """One error reply; `type` and `code` are stable, the message has the fact and the way out and never holds content.

    `ended_as` is set where the problem is how the request ended, and not merely why this call has no answer.
    """

    status: int
    type: str
    code: str
    message: str
    param: str | None = None
    retry_after_s: int | None = None
    request_id: str | None = None
    is_duplicate: bool = False
    outcome_status: str | None = None


class ProblemError(Exception):
    """The caller gets this problem instead of an answer."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem

    def about(self, request_id: str) -> "ProblemError":
        """The same refusal, naming the request it is about."""
        return ProblemError(replace(self.problem, request_id=request_id))


def invalid(message: str, *, param: str | None = None, code: str = "invalid_request") -> ProblemError:
    """The caller sent something that cannot be accepted."""
    return ProblemError(Problem(400, "invalid_request_error", code, message, param))


def not_found(message: str, *, code: str = "not_found", param: str | None = None) -> ProblemError:
    """What was asked for does not exist for this caller."""
    return ProblemError(Problem(404, "invalid_request_error", code, message, param))


def unavailable(code: str, message: str, retry_after_s: int) -> ProblemError:
    """A part of the stream cannot take the request now."""
    return ProblemError(Problem(503, "service_unavailable", code, message, retry_after_s=retry_after_s))
