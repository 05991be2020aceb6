"""Finds completions that are no longer in memory in ClickHouse."""

from urllib.parse import urlsplit

import httpx
import orjson
from pydantic import TypeAdapter

from services.evaluator.domain.recall import CompletionFacts
from streaming.errors import DependencyDownError

TIMEOUT_S = 10.0
FACTS = TypeAdapter(CompletionFacts)
SQL = """
SELECT record_id, tenant, request_id, route, provider, served_model AS model, prompt, prompt_version,
    completed_at
FROM weir.completions
WHERE tenant = {tenant:String} AND request_id = {request_id:String} AND status != 'duplicate'
ORDER BY completed_at
LIMIT 1
FORMAT JSONEachRow
"""


class ClickHouseLookup:
    """Queries ClickHouse over HTTP; every call ends within ten seconds."""

    def __init__(self, url: str) -> None:
        """`url` as `http://[user:password@]host:port`."""
        parts = urlsplit(url)
        self._place = f"{parts.hostname}:{parts.port or 8123}"
        auth = (parts.username, parts.password or "") if parts.username else None
        self._client = httpx.AsyncClient(
            base_url=f"{parts.scheme}://{self._place}", auth=auth, timeout=TIMEOUT_S, trust_env=False
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()

    async def find(self, tenant: str, request_id: str) -> CompletionFacts | None:
        """The facts of the one outcome under that request id; raises DependencyDownError."""
        parameters = {
            "query": SQL,
            "param_tenant": tenant,
            "param_request_id": _escaped(request_id),
            "date_time_output_format": "iso",
        }
        try:
            response = await self._client.post("/", params=parameters)
            response.raise_for_status()
        except httpx.HTTPError as error:
            msg = f"ClickHouse does not answer at {self._place} ({type(error).__name__})"
            raise DependencyDownError(msg) from error
        return FACTS.validate_python(orjson.loads(response.content)) if response.content.strip() else None


def _escaped(value: str) -> str:
    """Escape a query parameter: ClickHouse would read a backslash in a request id as an escape."""
    return value.replace("\\", "\\\\")
