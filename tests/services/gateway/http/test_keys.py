"""A request holds a part of the hash of its API key, and never the key."""

import hashlib
from typing import Any


async def test_a_request_says_which_key_it_came_with_by_a_piece_of_the_hash_and_never_the_key(
    bench: Any,
) -> None:
    await bench.chat(key="weir_acme-key")
    await bench.post("/v1/requests", {"model": "small", "messages": [{"role": "user", "content": "hi"}]})
    await bench.until(lambda: len(bench.pipeline.published) == 2)

    digest = hashlib.sha256(b"weir_acme-key").hexdigest()
    assert {request.key for request in bench.pipeline.published} == {digest[:12]}
    assert "weir_acme-key" not in "".join(request.model_dump_json() for request in bench.pipeline.published)


async def test_a_body_cannot_name_a_key(bench: Any) -> None:
    reply = await bench.post(
        "/v1/requests",
        {"model": "small", "messages": [{"role": "user", "content": "hi"}], "key": "somebody-else"},
    )

    assert reply.status_code == 400
