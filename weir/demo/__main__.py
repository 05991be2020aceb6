"""Runs the stack of `weir demo` in the foreground: `python -m weir.demo [weir.yaml]`."""

import sys
from pathlib import Path

from weir.demo.runner import supervise

supervise(Path(sys.argv[1]) if len(sys.argv) > 1 else None)
