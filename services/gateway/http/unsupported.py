"""Refuses OpenAI's parameters that Weir does not support, each with an alternative; drops none silently."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import cast

from services.gateway.domain.problems import invalid

_TOOLS = "tools are not carried yet: describe the functions in a message and ask for JSON"
_FORMAT = "ask for the format in a message; the evaluator measures whether the answer is valid JSON"
_SINGLE_ANSWER = "send the request again for another answer, each under its own request id"
_TEXT = "only text is carried: send the text of the content"
_SAMPLING = "use temperature and top_p"
_ALTERNATIVES: Mapping[str, str] = MappingProxyType(
    {
        "tools": _TOOLS,
        "tool_choice": _TOOLS,
        "parallel_tool_calls": _TOOLS,
        "functions": _TOOLS,
        "function_call": _TOOLS,
        "n": _SINGLE_ANSWER,
        "response_format": _FORMAT,
        "audio": _TEXT,
        "modalities": _TEXT,
        "logprobs": "token probabilities are not carried: leave it out",
        "top_logprobs": "token probabilities are not carried: leave it out",
        "logit_bias": _SAMPLING,
        "presence_penalty": _SAMPLING,
        "frequency_penalty": _SAMPLING,
        "prediction": "leave it out: predicted outputs are not carried",
        "reasoning_effort": "choose a route (`model`) whose candidates think as long as you need",
        "verbosity": "ask for the length in a message, or set max_tokens",
        "service_tier": "the route (`model`) decides who serves the request: leave it out",
        "store": "outcomes are always kept: leave it out",
        "web_search_options": "leave it out: there is no search",
        "prompt_cache_key": "leave it out: providers cache by themselves",
        "safety_identifier": "use user",
    }
)
# Values that change nothing of what Weir does anyway.
_WITHOUT_EFFECT: Mapping[str, Sequence[object]] = MappingProxyType(
    {
        "n": (1,),
        "tools": ([],),
        "functions": ([],),
        "tool_choice": ("none", "auto"),
        "function_call": ("none", "auto"),
        "parallel_tool_calls": (True, False),
        "response_format": ({"type": "text"},),
        "modalities": (["text"],),
        "logprobs": (False,),
        "top_logprobs": (0,),
        "logit_bias": ({},),
        "presence_penalty": (0,),
        "frequency_penalty": (0,),
        "service_tier": ("auto", "default"),
        "store": (True, False),
    }
)
_IN_MESSAGES = ("tool_calls", "function_call", "audio", "tool_call_id")


def without_unsupported(fields: Mapping[str, object]) -> Mapping[str, object]:
    """Drop unsupported fields whose value has no effect; raises ProblemError for one that has an effect."""
    for name, alternative in _ALTERNATIVES.items():
        value = fields.get(name)
        if value is not None and value not in _WITHOUT_EFFECT.get(name, ()):
            raise invalid(
                f"'{name}' is not supported with this value: {alternative}",
                param=name,
                code="unsupported_parameter",
            )
    _check_messages(fields.get("messages"))
    return {name: value for name, value in fields.items() if name not in _ALTERNATIVES}


def _check_messages(messages: object) -> None:
    if not isinstance(messages, list):
        return
    for number, message in enumerate(cast("list[object]", messages)):
        if isinstance(message, Mapping):
            _check_message(number, cast("Mapping[str, object]", message))


def _check_message(number: int, message: Mapping[str, object]) -> None:
    for name in _IN_MESSAGES:
        if message.get(name):
            alternative = _TEXT if name == "audio" else _TOOLS
            raise invalid(
                f"'messages.{number}.{name}' is not supported: {alternative}",
                param=f"messages.{number}.{name}",
                code="unsupported_parameter",
            )
    content = message.get("content")
    for part in cast("list[object]", content) if isinstance(content, list) else []:
        kind = cast("Mapping[str, object]", part).get("type") if isinstance(part, Mapping) else None
        # The kind is echoed only if it is one of OpenAI's, since any other text may be content.
        if kind in ("image_url", "input_audio", "file", "refusal"):
            raise invalid(
                f"content part '{kind}' is not supported: {_TEXT}",
                param=f"messages.{number}.content",
                code="unsupported_content",
            )
