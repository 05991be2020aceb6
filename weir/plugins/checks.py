"""For plug-ins that add a check type (entry point group `weir.checks`)."""

from schemas.checks import CheckDeclaration
from services.guard.domain.checks.types import FAILED, PASSED, CheckResult
from services.guard.domain.detection import Span
from services.guard.domain.plugins import Arguments, CheckPlugin

__all__ = ["FAILED", "PASSED", "Arguments", "CheckDeclaration", "CheckPlugin", "CheckResult", "Span"]
