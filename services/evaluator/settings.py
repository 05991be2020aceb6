"""The settings of the evaluator."""

from streaming.settings import StreamSettings


class EvaluatorSettings(StreamSettings):
    """Nothing of its own yet: the deterministic metrics have no knobs."""
