"""What the routes need of the gateway, and the steps that they share: key to tenant, body to event."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from starlette.requests import Request

from schemas.requests import LlmRequest
from services.gateway.handler import Gateway
from services.gateway.http.keys import ApiKeys, Caller
from services.gateway.http.request_bodies import RequestBody
from services.gateway.http.request_parsing import DeadlineLimits, deadline_of, request_id_of


class ModelNames(Protocol):
    """The names of the routes, which are the values that `model` may have."""

    def names(self) -> Sequence[str]:
        """All names in order."""
        ...


class ReadinessCheck(Protocol):
    """Whether the gateway is connected."""

    @property
    def problems(self) -> Sequence[str]:
        """What keeps the gateway from serving; empty if nothing does."""
        ...


@dataclass(frozen=True, slots=True)
class RouteDependencies:
    """Everything that the routes use."""

    gateway: Gateway
    keys: ApiKeys
    models: ModelNames
    health: ReadinessCheck
    deadlines: DeadlineLimits
    max_body_bytes: int

    def caller(self, request: Request) -> Caller:
        """The caller that the API key of a call belongs to; raises ProblemError."""
        return self.keys.caller(request.headers.get("authorization"))

    def event(self, request: Request, caller: Caller, body: RequestBody) -> LlmRequest:
        """The event to publish for a body; raises ProblemError."""
        event = body.to_request(
            caller.tenant, request_id_of(request, body), deadline_of(request, body, self.deadlines)
        )
        return event.model_copy(update={"key": caller.key})
