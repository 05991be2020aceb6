"""For plug-ins that add a detector (entry point group `weir.detectors`)."""

from schemas.detections import DetectorDeclaration, KindDeclaration
from services.guard.domain.detection import Detection, Span
from services.guard.domain.plugins import DetectorPlugin

__all__ = ["Detection", "DetectorDeclaration", "DetectorPlugin", "KindDeclaration", "Span"]
