"""A check type: an answer must end with the signature that the policy gives."""

from weir.plugins.checks import FAILED, PASSED, Arguments, CheckDeclaration, CheckPlugin, CheckResult


def signature(text: str, arguments: Arguments) -> CheckResult:
    """Pass a text that ends with the signature."""
    return PASSED if text.rstrip().endswith(str(arguments["text"])) else FAILED


def problem(arguments: Arguments) -> str | None:
    """Say what the check needs, where a policy does not give it."""
    given = arguments.get("text")
    return None if isinstance(given, str) and given else "give the signature as 'arguments: {text: ...}'"


CHECK = CheckPlugin(
    CheckDeclaration("signature", "an answer ends with a given signature", problem), signature
)
