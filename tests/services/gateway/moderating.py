"""Verdicts of a guard that detects a few fixed words."""

from schemas.verdicts import Verdict


def moderating_verdict(text: str) -> Verdict:
    """What the guard would find if it knew these words alone."""
    kinds = {
        "idiot": "INSULT",
        "kill": "THREAT",
        "immigrants": "IDENTITY_HATE",
        "blood": "VIOLENCE",
        "hurt myself": "SELF_HARM",
        "rude": "TOXICITY",
    }
    findings = [
        {
            "detector": "toxicity",
            "kind": kind,
            "count": 1,
            "score": 0.9,
            "action": "flag",
            "points": ("fpr_5%", "fpr_1%"),
        }
        for word, kind in kinds.items()
        if word in text
    ]
    findings += [
        {
            "detector": "toxicity",
            "kind": "SEXUAL",
            "count": 0,
            "score": 0.2,
            "action": "allow",
            "points": ("fpr_5%",),
        }
    ]
    if "@" in text:
        findings.append(
            {"detector": "rules", "kind": "EMAIL_ADDRESS", "count": 1, "score": 1.0, "action": "pseudonymise"}
        )
    if "ignore" in text:
        attack = {"kind": "PROMPT_INJECTION", "action": "block", "points": ("fpr_5%", "fpr_1%", "fpr_0.1%")}
        findings += [
            {"detector": "injection-phrases", "count": 1, "score": 0.95, **attack},
            {"detector": "injection", "count": 1, "score": 0.99, **attack},
        ]
    action = "block" if "ignore" in text else "modify" if "@" in text else "allow"
    shared = {"direction": "input", "policy": "acme", "policy_version": 3, "took_ms": 1, "tier": "model"}
    return Verdict.model_validate({"action": action, "findings": findings, **shared})
