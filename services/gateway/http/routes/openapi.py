"""The description of a request body in OpenAPI, for routes that parse the body themselves."""

from pydantic import BaseModel


def json_body(kind: type[BaseModel]) -> dict[str, object]:
    """The `requestBody` of an operation that takes this body as JSON."""
    return {
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": kind.model_json_schema()}},
        }
    }
