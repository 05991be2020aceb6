"""The model names are the names of the routes."""

from typing import Any


async def test_the_models_are_the_routes(bench: Any) -> None:
    reply = await bench.get("/v1/models")

    assert [model["id"] for model in reply.json()["data"]] == ["small"]
