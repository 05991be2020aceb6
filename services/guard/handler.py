"""The handlers that screen requests and check answers; their events hold redacted texts and verdicts."""

import hashlib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol, TypeVar

import orjson

from schemas.answers import ModelAnswer, ScreenedAnswer, calls_in
from schemas.bounds import later
from schemas.event import Event
from schemas.policies import PolicyDocument
from schemas.requests import LlmRequest, RequestFacts, Sampling, ScreenedRequest, request_in
from schemas.values import Message, SourcePosition
from services.guard.domain.origins import segments_of
from services.guard.domain.output.canary import (
    canaries_present,
    canary_token,
    insert_canaries,
    remove_canaries,
    remove_required_token,
)
from services.guard.domain.pii.identifiers import PersonalFields, metadata_chars, refuse_personal_identifiers
from services.guard.domain.policy import DEFAULT
from services.guard.domain.types import ScreeningContext, ScreeningResult, TextSegment
from streaming.errors import BadEventError
from streaming.handling import DeadLetteredRecord, Incoming
from streaming.seal.content import open_answer, open_pseudonyms, opened_request, seal_pseudonyms
from streaming.seal.seal import Sealer

T = TypeVar("T")


class EventScreener(Protocol):
    """Screens texts by the detectors and a policy."""

    async def screen(self, segments: Sequence[TextSegment], context: ScreeningContext) -> ScreeningResult:
        """Screen all texts of one event together, so that one value gets one placeholder."""
        ...

    async def run_off_loop(self, chars: int, work: Callable[[], T]) -> T:
        """Run other CPU work on a text of `chars` characters, in a thread if the text is long."""
        ...


class PolicyDocuments(Protocol):
    """The current policies."""

    def get(self, name: str) -> PolicyDocument | None:
        """The policy of that name."""
        ...


@dataclass(frozen=True, slots=True)
class RequestLimits:
    """The longest content, above which a request becomes a dead letter, and the bounds of its deadline."""

    content_chars: int = 131_072
    default_deadline: timedelta = timedelta(seconds=120)
    max_deadline: timedelta = timedelta(hours=1)


class Guard:
    """Screens each request and each answer by the tenant's policy; invalid requests raise BadEventError."""

    def __init__(
        self, *, screening: EventScreener, policies: PolicyDocuments, sealer: Sealer, limits: RequestLimits
    ) -> None:
        """Take the screener, the policies, the seal, and the limits of a request."""
        self._screening = screening
        self._policies = policies
        self._sealer = sealer
        self._limits = limits

    async def screen(self, incoming: Incoming[LlmRequest]) -> Sequence[Event]:
        """Screen a request; its texts are redacted regardless of the verdict."""
        request = opened_request(self._sealer, incoming.event)
        run_off_loop = self._screening.run_off_loop
        identifiers = await run_off_loop(
            metadata_chars(request), lambda: refuse_personal_identifiers(request)
        )
        messages, variables = request.messages or (), request.variables or {}
        chars = self._checked_size(messages, variables)
        segments = await run_off_loop(
            chars, lambda: segments_of(messages, variables, request.untrusted_variables or ())
        )
        digest = await run_off_loop(chars, lambda: _digest(request, messages, variables))
        policy = self._policy(request.tenant, request.model)
        screened = await self._screening.screen(
            segments,
            ScreeningContext("input", policy, tenant=request.tenant, runs_all_detectors=request.screen_only),
        )
        screened_at = incoming.now + timedelta(milliseconds=float(screened.verdict.took_ms))
        facts = self._facts(incoming, request, identifiers, digest, screened_at)
        redacted = tuple(
            message.model_copy(update={"content": text})
            for message, text in zip(messages, screened.redacted_texts, strict=False)
        )
        is_answered = screened.verdict.action != "block" and not request.screen_only
        canaries = self._canaries(facts, {canary.must for canary in policy.canaries}) if is_answered else {}
        return [
            ScreenedRequest(
                request=facts,
                messages=insert_canaries(redacted, canaries),
                variables=dict(zip(variables, screened.redacted_texts[len(messages) :], strict=True)),
                pseudonyms=self._seal_pseudonyms(screened.pseudonyms, facts, incoming.now),
                verdict=screened.verdict,
            ),
        ]

    async def check(self, incoming: Incoming[ModelAnswer]) -> Sequence[Event]:
        """Screen an answer; of a blocked one the text is removed, and attempts and usage are kept."""
        answer = incoming.event
        text = (
            open_answer(self._sealer, answer.request.tenant, answer.request.record_id, answer.sealed)
            if answer.sealed
            else None
        )
        canaries = canaries_present(answer.messages, self._canaries(answer.request, ("not_leak", "appear")))
        messages = remove_canaries(answer.messages, canaries)
        screened = None
        if text is not None:
            clear = text
            text, open_canaries = await self._screening.run_off_loop(
                len(clear), lambda: _without_canary(clear, canaries, answer.finish_reason)
            )
            policy = self._policy(answer.request.tenant, answer.request.model)
            context = ScreeningContext(
                "output",
                policy,
                self._known_pseudonyms(answer),
                messages,
                canaries=open_canaries,
                tenant=answer.request.tenant,
            )
            screened = await self._screening.screen([TextSegment(text, "output")], context)
        is_blocked = screened is not None and screened.verdict.action == "block"
        return [
            ScreenedAnswer(
                request=answer.request,
                status=answer.status,
                messages=messages,
                output=None if screened is None or is_blocked else screened.redacted_texts[0],
                pseudonyms=answer.pseudonyms,
                finish_reason=answer.finish_reason,
                attempts=answer.attempts,
                route=answer.route,
                error=answer.error,
                verdict=screened.verdict if screened else None,
                answered_at=answer.answered_at,
                screened_at=incoming.now,
            ),
        ]

    def close(self, unhandled: DeadLetteredRecord) -> ScreenedAnswer | None:
        """The failed outcome of a request whose answer became a dead letter, with its attempts."""
        answer = unhandled.event if isinstance(unhandled.event, ModelAnswer) else None
        request = answer.request if answer is not None else request_in(unhandled.record.value)
        if request is None:
            return None
        return ScreenedAnswer(
            request=request,
            status="failed",
            attempts=answer.attempts if answer is not None else calls_in(unhandled.record.value),
            route=answer.route if answer is not None else None,
            error=unhandled.error(),
            answered_at=answer.answered_at if answer is not None else unhandled.record.moment,
            screened_at=unhandled.now,
        )

    def _canaries(self, request: RequestFacts, musts: Collection[str]) -> dict[str, str]:
        """The canaries of a request, derived from its id, so that they need not be stored for the answer."""
        return {
            must: canary_token(
                self._sealer.keyed_hash(
                    f"{request.record_id}/{must}".encode(), tenant=request.tenant, purpose="canary"
                )
            )
            for must in ("not_leak", "appear")
            if must in musts
        }

    def _policy(self, tenant: str, route: str) -> PolicyDocument:
        names = (f"{tenant}/{route}", tenant, f"default/{route}", "default")
        return next(
            (policy for name in names for policy in [self._policies.get(name)] if policy is not None), DEFAULT
        )

    def _checked_size(self, messages: Sequence[Message], variables: Mapping[str, str]) -> int:
        chars = sum(len(message.content) for message in messages) + sum(
            len(value) for value in variables.values()
        )
        if chars > self._limits.content_chars:
            limit = self._limits.content_chars
            msg = f"the request holds {chars} characters; at most {limit} are screened: shorten or split it"
            raise BadEventError("too_large", msg)
        return chars

    def _facts(
        self,
        incoming: Incoming[LlmRequest],
        request: LlmRequest,
        identifiers: PersonalFields,
        digest: str,
        screened_at: datetime,
    ) -> RequestFacts:
        record, received_at = incoming.record, incoming.record.moment
        mask = KeyedFingerprint(self._sealer, request.tenant)
        deadline = request.deadline or later(received_at, self._limits.default_deadline)
        return RequestFacts(
            record_id=incoming.event_id,
            tenant=request.tenant,
            request_id=request.request_id or f"rec_{incoming.event_id.hex}",
            model=request.model,
            prompt=request.prompt,
            conversation_id=mask(
                request.conversation_id, is_personal="conversation_id" in identifiers.personal
            ),
            user=mask(request.user, is_personal="user" in identifiers.personal),
            project=mask(request.project, is_personal="project" in identifiers.personal),
            key=mask(request.key, is_personal="key" in identifiers.personal),
            tags={
                key: mask(value, is_personal=f"tags.{key}" in identifiers.personal) or ""
                for key, value in request.tags.items()
            },
            sampling=Sampling.model_validate(request.model_dump(include=set(Sampling.model_fields))),
            source=SourcePosition(
                topic=record.topic, partition=record.partition, offset=record.offset, appended_at=received_at
            ),
            received_at=received_at,
            screened_at=screened_at,
            deadline=min(deadline, later(received_at, self._limits.max_deadline)),
            screen_only=request.screen_only,
            content_digest=self._sealer.keyed_hash(digest.encode(), tenant=request.tenant, purpose="content"),
        )

    def _seal_pseudonyms(
        self, pseudonyms: Mapping[str, str], facts: RequestFacts, at: datetime
    ) -> str | None:
        return (
            seal_pseudonyms(self._sealer, facts.tenant, facts.record_id, pseudonyms, at)
            if pseudonyms
            else None
        )

    def _known_pseudonyms(self, answer: ModelAnswer) -> Mapping[str, str]:
        if answer.pseudonyms is None:
            return {}
        return open_pseudonyms(
            self._sealer, answer.request.tenant, answer.request.record_id, answer.pseudonyms
        )


def _without_canary(
    text: str, canaries: Mapping[str, str], finish_reason: str | None
) -> tuple[str, Mapping[str, str]]:
    """The answer without the token that must appear, and the canaries that detectors still search."""
    without = remove_required_token(text, canaries["appear"]) if "appear" in canaries else None
    is_settled = without is not None or finish_reason == "length"  # A cut answer has no last line.
    searched = {must: token for must, token in canaries.items() if must != "appear" or not is_settled}
    return text if without is None else without, searched


@dataclass(frozen=True, slots=True)
class KeyedFingerprint:
    """Replaces a personal value by a keyed hash, so that records can still be grouped by it."""

    sealer: Sealer
    tenant: str

    def __call__(self, value: str | None, *, is_personal: bool) -> str | None:
        """The fingerprint of a personal value; any other value unchanged."""
        if value is None or not is_personal:
            return value
        return (
            "h_"
            + self.sealer.keyed_hash(
                value.encode("utf-8", "surrogatepass"), tenant=self.tenant, purpose="identifier"
            )[:24]
        )


def _digest(request: LlmRequest, messages: Sequence[Message], variables: Mapping[str, str]) -> str:
    """The digest of a request's content and settings, by which duplicates are recognised."""
    fields = {
        "model": request.model,
        "prompt": request.prompt,
        "messages": [message.model_dump() for message in messages],
        "variables": dict(variables),
        **({"untrusted_variables": request.untrusted_variables} if request.untrusted_variables else {}),
        "sampling": request.model_dump(include=set(Sampling.model_fields)),
        # Only if it is set, so that the digests of other requests do not change.
        **({"screen_only": True} if request.screen_only else {}),
    }
    return hashlib.sha256(orjson.dumps(fields, option=orjson.OPT_SORT_KEYS)).hexdigest()
