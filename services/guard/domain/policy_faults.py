"""What is wrong with a policy beyond its form: patterns that do not compile, schemas that are none, cases that nothing can answer."""

from collections.abc import Iterator

import re2
from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError

from schemas.policies import AnyCheck, GuardrailsCheck, JsonSchemaCheck, LengthCheck, PolicyDocument, RegexCheck
from services.guard.domain.allowed import fault_in_allow_list, fault_in_allowed


def faults(policy: PolicyDocument) -> Iterator[str]:
    """Each fault with its place in the document."""
    for index, allowed in enumerate(policy.allow):
        if (fault := fault_in_allowed(allowed)) is not None:
            yield f"allow.{index}: {fault}"
    if (fault := fault_in_allow_list(policy)) is not None:
        yield f"allow: {fault}"
    for check in policy.checks:
        if (fault := fault_in_check(check)) is not None:
            yield f"checks '{check.name}': {fault}"


def fault_in_check(check: AnyCheck) -> str | None:
    """Why a check cannot run; None where it can."""
    match check:
        case RegexCheck():
            return _fault_in_pattern(check.pattern)
        case JsonSchemaCheck():
            return _fault_in_schema(check)
        case LengthCheck(at_most=int(most), at_least=least) if most < least:
            return f"no text has at least {least} and at most {most} {check.unit}: exchange them"
        case GuardrailsCheck():
            return None if check.validator.isidentifier() else f"'{check.validator}' is no class name"
        case _:
            return None


def _fault_in_pattern(pattern: str) -> str | None:
    options = re2.Options()
    options.log_errors = False
    try:
        re2.compile(pattern, options)
    except (re2.error, UnicodeEncodeError) as error:
        said = error.args[0] if error.args else ""
        return f"the pattern does not compile in RE2 ({said.decode('utf-8', 'replace') if isinstance(said, bytes) else type(error).__name__})"
    return None


def _fault_in_schema(check: JsonSchemaCheck) -> str | None:
    try:
        Draft202012Validator.check_schema(dict(check.json_schema))
    except SchemaError as error:
        place = ".".join(str(part) for part in error.absolute_path)
        return f"it is no JSON Schema of draft 2020-12: {f'{place}: ' if place else ''}{error.message}"
    return None
