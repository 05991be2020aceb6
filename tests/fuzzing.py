"""How many inputs the property tests draw.

The same few each time, or as many as `WEIR_FUZZ_EXAMPLES` says, new ones each time (`make test-slow`).
"""

import os
import random

from hypothesis import HealthCheck, settings

SUPPRESSED = (
    HealthCheck.too_slow,
    HealthCheck.filter_too_much,
    HealthCheck.data_too_large,
    HealthCheck.large_base_example,
)
WANTED = int(os.environ.get("WEIR_FUZZ_EXAMPLES", "0"))
SEED = random.SystemRandom().randrange(2**32) if WANTED else 20_261_130
"""Seed of tests with a generator of their own; their assertion messages name it."""


def examples(few: int) -> int:
    """The number of examples of a test that needs at least `few`."""
    return max(few, WANTED)


def often(few: int) -> settings:
    """Settings of a property test of whole events, with at least `few` examples."""
    return settings(max_examples=examples(few), deadline=None, suppress_health_check=SUPPRESSED)
