"""Check types of plug-in packages: each call in a thread, with a time limit."""

import asyncio
import copy
import logging
from collections.abc import Mapping, Sequence

from schemas.checks import PluginCheck
from services.guard.domain.checks.types import (
    CheckResult,
    applies_to,
    check_detections,
    unscanned_detections,
    usable_result,
)
from services.guard.domain.detection import Detection
from services.guard.domain.plugins import CheckPlugin
from services.guard.domain.types import DetectorInput, ScreeningContext
from streaming.outside_calls import FailurePause, OutsideCalls

log = logging.getLogger(__name__)

MAX_THREADS = 16
PAUSE_S = 10.0


class PluginChecks:
    """Runs the plug-in checks of a policy on what others than the application wrote.

    A check that raises, takes too long or returns something invalid leaves its text unscanned. One that took
    too long five times in a row for a tenant is not called for `PAUSE_S`; its texts are unscanned meanwhile.
    """

    def __init__(self, plugins: Mapping[str, CheckPlugin], timeout_s: float) -> None:
        """Take the plug-ins by check type, and the time limit of one call."""
        self._plugins = plugins
        self._timeout_s = timeout_s
        self._calls = {
            check_type: OutsideCalls(f"check-{check_type}", MAX_THREADS, 2 * timeout_s)
            for check_type in plugins
        }
        self._pause = FailurePause(PAUSE_S)

    async def detect(
        self, texts: Sequence[DetectorInput], context: ScreeningContext
    ) -> list[Sequence[Detection]]:
        """The detections of each text; all texts and checks run side by side."""
        checks = [check for check in context.policy.checks if isinstance(check, PluginCheck)]
        if not checks:
            return [() for _ in texts]
        return list(
            await asyncio.gather(*(self._detections_in(text, checks, context.tenant) for text in texts))
        )

    async def _detections_in(
        self, text: DetectorInput, checks: Sequence[PluginCheck], tenant: str
    ) -> Sequence[Detection]:
        if text.segment.is_instruction:
            return ()
        relevant = (check for check in checks if applies_to(check, text.segment.direction))
        results = await asyncio.gather(*(self._run(check, text.segment.text, tenant) for check in relevant))
        return [detection for result in results for detection in result]

    async def _run(self, check: PluginCheck, text: str, tenant: str) -> Sequence[Detection]:
        plugin = self._plugins.get(check.type)
        if plugin is None or self._pause.is_paused((tenant, check.type)):
            return unscanned_detections(check)

        def call() -> CheckResult:
            # The plug-in may change what it is given, and the policy is everybody's.
            return usable_result(plugin.run(text, copy.deepcopy(check.arguments)), len(text))

        try:
            result = await self._calls[check.type].run(call, self._timeout_s)
        except Exception as error:  # noqa: BLE001 - foreign code; its message may quote the text
            # Only a wait is worth a pause, and one tenant's texts pause nothing for another.
            if isinstance(error, TimeoutError):
                self._pause.note_failure((tenant, check.type))
            log.warning(
                "a check failed, so a text is unscanned",
                extra={"check_type": check.type, "error": type(error).__name__},
            )
            return unscanned_detections(check)
        self._pause.note_success((tenant, check.type))
        return check_detections(check, check.type, result)
