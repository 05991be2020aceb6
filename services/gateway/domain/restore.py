"""Restores the values of a caller in the answer for the caller, by the policy that the answer passed."""

from collections.abc import Mapping

from schemas.detections import PLACEHOLDER_IN_URL
from schemas.outcomes import Completion
from schemas.restoring import restore, restore_also_in_links
from schemas.verdicts import Verdict

__all__ = ["restore", "restored_output"]


def restored_output(completion: Completion, pseudonyms: Mapping[str, str]) -> str:
    """The output with clear values; in links only where the policy allows PLACEHOLDER_IN_URL."""
    output = completion.output or ""
    if _allows_links(completion.output_verdict):
        return restore_also_in_links(output, pseudonyms)
    return restore(output, pseudonyms)


def _allows_links(verdict: Verdict | None) -> bool:
    """Whether a rule of the policy allowed the placeholders in links that the guard found."""
    findings = verdict.findings if verdict is not None else ()
    actions = {each.action for each in findings if each.kind == PLACEHOLDER_IN_URL and not each.shadow}
    return actions == {"allow"}
