"""The facts of an error reply, independent of HTTP."""

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Problem:
    """One error reply; `type` and `code` are stable; the message gives cause and remedy, never content.

    `outcome_status` is set if the error is the outcome of the request itself, and not only of this call.
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
    """Ends a call with this error reply."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.message)
        self.problem = problem

    def about(self, request_id: str) -> "ProblemError":
        """The same error with the request id that it is about."""
        return ProblemError(replace(self.problem, request_id=request_id))


def invalid(message: str, *, param: str | None = None, code: str = "invalid_request") -> ProblemError:
    """400: the call is not valid."""
    return ProblemError(Problem(400, "invalid_request_error", code, message, param))


def not_found(message: str, *, code: str = "not_found", param: str | None = None) -> ProblemError:
    """404: it does not exist, or belongs to another tenant."""
    return ProblemError(Problem(404, "invalid_request_error", code, message, param))


def unavailable(code: str, message: str, retry_after_s: int) -> ProblemError:
    """503 with Retry-After: a part of the system cannot serve the call now."""
    return ProblemError(Problem(503, "service_unavailable", code, message, retry_after_s=retry_after_s))
