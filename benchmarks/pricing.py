"""Prices recorded provider bodies and compares the costs with known ones.

    python benchmarks/pricing.py usages.json

usages.json is tests/dataset/usages.json of pydantic/genai-prices: bodies from test recordings, and their
prices by each provider's rules on 2025-11-06. Counted are the pairs of provider and API whose rules fit the
body's shape; each is priced by provider, model, time and body.
"""

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from services.meter.adapters.genai_price_list import GenaiPriceList
from services.meter.offline import price_body

PRICED_AT = datetime(2025, 11, 6, 12, tzinfo=UTC)
MICRO = Decimal("0.000001")
MESSAGES = frozenset({"cache_creation_input_tokens", "cache_read_input_tokens"})
# The APIs that use each shape of a body; `default` is a provider's own API.
FITTING = {
    "messages": {"anthropic", "anthropic/default", "minimax/default"},
    "responses": {"responses"},
    "chat": {"chat", "groq/default", "mistral/default", "x-ai/default", "perplexity/default"},
    "embedding": {"embeddings"},
    "generate": {"google/default"},
    "converse": {"aws/default"},
    "cohere": {"cohere/default", "cohere/embeddings"},
}


@dataclass(frozen=True)
class PricingCase:
    """A body, the provider and API whose rules price it, and the cost by these rules."""

    provider: str
    flavour: str
    model: str
    number: int
    body: dict[str, Any]
    cost: Decimal

    @property
    def pair(self) -> str:
        """Provider and API, as one text."""
        return f"{self.provider}/{self.flavour}"


# The order in which one provider is chosen for a body that is counted once: makers before hosts.
PREFERRED = ("anthropic", "google", "openai", "mistral", "groq", "deepseek", "cerebras", "zai", "openrouter")


def cases(path: Path) -> Iterator[PricingCase]:
    """Read each body with each of its known prices."""
    for number, entry in enumerate(json.loads(path.read_text(encoding="utf-8"))):
        body = {name: value for name, value in entry["body"].items() if name != "file"}
        fitting = FITTING[shape_of(body)]
        for extracted in entry["extracted"]:
            for known in extracted["extractors"]:
                pair = (known["provider_id"], known["api_flavor"])
                if "input_price" in known and (pair[1] in fitting or "/".join(pair) in fitting):
                    cost = known.get("total_price") or Decimal(known["input_price"]) + Decimal(
                        known["output_price"]
                    )
                    yield PricingCase(*pair, entry["model"], number, body, Decimal(cost))


def shape_of(body: dict[str, Any]) -> str:
    """Name the shape of a recorded body."""
    if "usageMetadata" in body:
        return "generate"
    usage = body.get("usage", {})
    if "meta" in body or "billed_units" in usage:
        return "cohere"
    if "inputTokens" in usage:
        return "converse"
    if "prompt_tokens" in usage:
        return "chat" if "completion_tokens" in usage else "embedding"
    return "responses" if MESSAGES.isdisjoint(usage) else "messages"


def main() -> int:
    """Print the share that is exact to the micro-dollar, the differences, and the speed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("path", type=Path)
    parser.add_argument("--differences", type=int, default=20, help="so many differences are printed")
    chosen = parser.parse_args()
    book = GenaiPriceList()
    all_cases = list(cases(chosen.path))
    exact, all_of, held, differences, free = Counter[str](), Counter[str](), Counter[str](), list[str](), 0
    once: dict[int, tuple[int, bool]] = {}
    began = time.perf_counter()
    for case in all_cases:
        answer = price_body(
            book,
            {"provider": case.provider, "model": case.model, "at": PRICED_AT.isoformat(), "body": case.body},
            lambda: PRICED_AT,
        )
        all_of[case.pair] += 1
        cost = answer["cost_usd"]
        is_exact = cost is not None and abs(Decimal(str(cost)) - case.cost) < MICRO
        rank = PREFERRED.index(case.provider) if case.provider in PREFERRED else len(PREFERRED)
        once[case.number] = min(
            once.get(case.number, (rank, is_exact)), (rank, is_exact), key=lambda result: result[0]
        )
        if cost is None:
            held[f"{case.pair}: {answer['reason']}"] += 1
        elif is_exact:
            exact[case.pair] += 1
        else:
            free += Decimal(str(cost)) == 0 and case.cost > 0
            differences.append(
                f"{case.pair} {case.model}: {cost}, not {case.cost:f}: {json.dumps(case.body)[:400]}"
            )
    took = time.perf_counter() - began
    for pair, count in sorted(all_of.items()):
        print(f"{pair:36} {exact[pair]:5} of {count:5} exact")
    print(
        f"all: {exact.total()} of {all_of.total()} exact ({100 * exact.total() / all_of.total():.2f} %), "
        f"{free} of them taken for free"
    )
    share = sum(is_exact for _, is_exact in once.values())
    print(
        f"each body once, priced for its maker: {share} of {len(once)} exact "
        f"({100 * share / len(once):.2f} %)"
    )
    print(f"{len(all_cases) / took:,.0f} bodies a second")
    for reason, count in held.most_common():
        print(f"held {count}: {reason}")
    for line in differences[: chosen.differences]:
        print(f"differs: {line}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
