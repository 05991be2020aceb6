"""Runs the evaluator as a process."""

import sys

from services.evaluator.app import build
from services.evaluator.settings import EvaluatorSettings
from streaming.process import main

if __name__ == "__main__":
    settings = EvaluatorSettings.read()
    sys.exit(main("evaluator", settings, [lambda: build(settings)]))
