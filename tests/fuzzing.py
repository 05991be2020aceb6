"""How many inputs the property tests draw: the same few each time, or `WEIR_FUZZ_EXAMPLES` of them, anew each time (`make test-slow`)."""

import os
import random

from hypothesis import HealthCheck, settings

UNHURRIED = (
    HealthCheck.too_slow,
    HealthCheck.filter_too_much,
    HealthCheck.data_too_large,
    HealthCheck.large_base_example,
)
WANTED = int(os.environ.get("WEIR_FUZZ_EXAMPLES", "0"))
SEED = random.SystemRandom().randrange(2**32) if WANTED else 20_261_130
"""For tests that draw by a generator of their own; an assertion message names it."""


def examples(few: int) -> int:
    """How many examples a test draws that needs at least `few`."""
    return max(few, WANTED)


def often(few: int) -> settings:
    """Settings of a property test of whole events that draws `few` examples by itself."""
    return settings(max_examples=examples(few), deadline=None, suppress_health_check=UNHURRIED)
