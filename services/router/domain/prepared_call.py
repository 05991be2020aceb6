"""Prepares a request: its route, its rendered messages, and its maximum number of output tokens."""

from collections.abc import Sequence
from dataclasses import dataclass

from pydantic_core import to_json

from schemas.answers import RouteDecision
from schemas.documents import PromptDocument, RouteDocument
from schemas.requests import AdmittedRequest, Sampling
from schemas.values import Message
from services.router.domain.prompts import PromptError, ResolvedPrompt, render, resolve

# In JSON, with the sealed pseudonyms: prompt, answer, verdicts and attempts share a record of 8 MiB.
MAX_MESSAGES_BYTES = 4 * 1024 * 1024


class UnroutableRequestError(Exception):
    """The request cannot be sent to any provider; `code` is stable, the message holds no content."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class PreparedRequest:
    """What is sent to a candidate; `granted` are the candidates with a reservation, None for all."""

    route: RouteDocument
    prompt: ResolvedPrompt | None
    messages: tuple[Message, ...]
    sampling: Sampling
    max_tokens: int
    granted: tuple[int, ...] | None = None

    def route_decision(self, candidate: int | None) -> RouteDecision:
        """The route and prompt that were used; `candidate` is None if no candidate answered."""
        chosen = self.route.candidates[candidate] if candidate is not None else None
        return RouteDecision(
            route=self.route.name,
            provider=chosen.provider if chosen else None,
            model=chosen.model if chosen else None,
            candidate=candidate,
            prompt=self.prompt.name if self.prompt else None,
            prompt_version=self.prompt.version.version if self.prompt else None,
        )


@dataclass(frozen=True, slots=True)
class ReferencedDocuments:
    """The documents that a request names, None if they do not exist, and the names of all that exist."""

    route: RouteDocument | None
    prompt: PromptDocument | None
    routes: Sequence[str]
    prompts: Sequence[str]


def prepare_request(admitted: AdmittedRequest, documents: ReferencedDocuments) -> PreparedRequest:
    """Prepare a request; raises UnroutableRequestError with the code of what is missing or too large."""
    route = documents.route
    if route is None:
        known = ", ".join(sorted(documents.routes)[:50]) or "none"
        raise UnroutableRequestError(
            "unknown_model", f"there is no route '{admitted.request.model}'; there are: {known}"
        )
    prompt, rendered = _prompted(admitted, documents)
    messages = (*rendered, *admitted.messages)
    if not messages:
        raise UnroutableRequestError(
            "no_messages", "the request has neither messages nor a prompt; send one of them"
        )
    size_bytes = sum(len(to_json(message)) for message in messages) + len(admitted.pseudonyms or "")
    if size_bytes > MAX_MESSAGES_BYTES:
        raise UnroutableRequestError(
            "prompt_too_large", f"prompt and messages are over {MAX_MESSAGES_BYTES} bytes together; send less"
        )
    return PreparedRequest(
        route,
        prompt,
        messages,
        admitted.request.sampling,
        _max_tokens(admitted, route),
        _granted(admitted, route),
    )


def _prompted(
    admitted: AdmittedRequest, documents: ReferencedDocuments
) -> tuple[ResolvedPrompt | None, tuple[Message, ...]]:
    reference = admitted.request.prompt
    if reference is None:
        if admitted.variables:
            raise UnroutableRequestError(
                "unknown_variable",
                f"{len(admitted.variables)} variable(s) were sent without a prompt; name one in 'prompt'",
            )
        return None, ()
    try:
        prompt = resolve(reference, documents.prompt, documents.prompts)
        return prompt, render(prompt, admitted.variables)
    except PromptError as error:
        raise UnroutableRequestError(error.code, str(error)) from error


def _granted(admitted: AdmittedRequest, route: RouteDocument) -> tuple[int, ...] | None:
    """The indices of the candidates with a reservation that the route still has, None for all."""
    reserved = admitted.reservation.candidates
    if reserved is None:
        return None
    granted = tuple(sorted(index for index in reserved if index < len(route.candidates)))
    if not granted:
        raise UnroutableRequestError(
            "nothing_reserved",
            f"the candidates that money was reserved for have left route '{route.name}'; send it again",
        )
    return granted


def _max_tokens(admitted: AdmittedRequest, route: RouteDocument) -> int:
    granted = min(route.max_output_tokens, admitted.reservation.max_output_tokens)
    requested = admitted.request.sampling.max_tokens
    tokens = granted if requested is None else min(requested, granted)
    if tokens < 1:
        raise UnroutableRequestError(
            "nothing_reserved", "no output tokens are reserved for the request; nothing may be bought"
        )
    return tokens
