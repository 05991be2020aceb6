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
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
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


@dataclass(slots=True)
class PricingResults:
    """What was exact, held and different, by pair of provider and API."""

    exact: Counter[str] = field(default_factory=Counter[str])
    all: Counter[str] = field(default_factory=Counter[str])
    held: Counter[str] = field(default_factory=Counter[str])
    differences: list[str] = field(default_factory=list[str])
    free: int = 0
    preferred: dict[int, tuple[int, bool]] = field(default_factory=dict[int, tuple[int, bool]])
    """For each body the rank of its preferred provider, and whether the cost by its rules is exact."""

    def add(self, case: PricingCase, answer: Mapping[str, object]) -> None:
        """Compare the cost of a case with its known one."""
        cost = answer["cost_usd"]
        is_exact = cost is not None and abs(Decimal(str(cost)) - case.cost) < MICRO
        rank = PREFERRED.index(case.provider) if case.provider in PREFERRED else len(PREFERRED)
        known = self.preferred.get(case.number)
        if known is None or rank < known[0]:
            self.preferred[case.number] = (rank, is_exact)
        self.all[case.pair] += 1
        self.exact[case.pair] += is_exact
        if cost is None:
            self.held[f"{case.pair}: {answer['reason']}"] += 1
        elif not is_exact:
            self.free += Decimal(str(cost)) == 0 and case.cost > 0
            body = json.dumps(case.body)[:400]
            self.differences.append(f"{case.pair} {case.model}: {cost}, not {case.cost:f}: {body}")

    def show(self) -> None:
        """Print the shares that are exact."""
        for pair, count in sorted(self.all.items()):
            print(f"{pair:36} {self.exact[pair]:5} of {count:5} exact")
        percent = 100 * self.exact.total() / self.all.total()
        print(
            f"all: {self.exact.total()} of {self.all.total()} exact ({percent:.2f} %), "
            f"{self.free} of them taken for free"
        )
        share, bodies = sum(is_exact for _, is_exact in self.preferred.values()), len(self.preferred)
        print(
            f"each body once, priced for its maker: {share} of {bodies} exact ({100 * share / bodies:.2f} %)"
        )


def main() -> int:
    """Print the share that is exact to the micro-dollar, the differences, and the speed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("path", type=Path)
    parser.add_argument("--differences", type=int, default=20, help="so many differences are printed")
    chosen = parser.parse_args()
    book, results = GenaiPriceList(), PricingResults()
    all_cases = list(cases(chosen.path))
    began = time.perf_counter()
    for case in all_cases:
        sent = {
            "provider": case.provider,
            "model": case.model,
            "at": PRICED_AT.isoformat(),
            "body": case.body,
        }
        results.add(case, price_body(book, sent, lambda: PRICED_AT))
    took = time.perf_counter() - began
    results.show()
    print(f"{len(all_cases) / took:,.0f} bodies a second")
    for reason, count in results.held.most_common():
        print(f"held {count}: {reason}")
    for line in results.differences[: chosen.differences]:
        print(f"differs: {line}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
