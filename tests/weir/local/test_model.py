"""The small model is real: it answers over HTTP and reports its usage."""

from pathlib import Path

import httpx
import pytest

from weir.local.stack import running_model

pytestmark = pytest.mark.integration


def test_it_answers_a_chat_with_usage_and_stays_out_of_the_log(tmp_path: Path) -> None:
    secret = "zanzibar-4711"
    with running_model(tmp_path) as base:
        question = {
            "model": "smollm2",
            "messages": [{"role": "user", "content": f"Say {secret}."}],
            "max_tokens": 8,
        }
        answer = httpx.post(f"{base}/chat/completions", json=question, timeout=60).json()
        models = httpx.get(f"{base}/models", timeout=10).json()

    usage = answer["usage"]
    assert answer["choices"][0]["message"]["content"]
    assert 0 < usage["completion_tokens"] <= 8
    assert usage["prompt_tokens"] + usage["completion_tokens"] == usage["total_tokens"]
    assert models["data"][0]["id"] == "smollm2"
    assert secret not in (tmp_path / "logs" / "model.log").read_text()
