"""Tests of policies run through the real detectors, and their results never show a text."""

from services.guard.app import offline_screener
from services.guard.settings import GuardSettings
from weir.policies.files import template, template_names
from weir.policies.policy_tests import run_policy_tests


async def test_a_template_without_its_rules_fails_its_own_tests() -> None:
    for name in template_names():
        bare = template(name)[1].model_copy(update={"rules": (), "checks": (), "shadow": True})
        results = await run_policy_tests(offline_screener(GuardSettings.offline()), [bare])
        assert sum(not result.passes for result in results) >= 5
