"""Names of Guardrails AI validators: `package.module:ClassName`, or `ClassName` for one from the hub."""

import re
from importlib.util import find_spec

NAME = re.compile(
    r"(?:(?P<module>[A-Za-z_]\w{0,99}(?:\.[A-Za-z_]\w{0,99}){0,9}):)?(?P<name>[A-Za-z_]\w{0,99})"
)
INSTALL = "pip install 'weir[guardrails]'"


def validator_name_problem(validator: str) -> str | None:
    """Why no validator with this name can run here, as far as can be checked without importing it."""
    named = NAME.fullmatch(validator)
    if named is None:
        return f"'{validator}' names no class: write 'ClassName' of the hub, or 'package.module:ClassName'"
    if not _exists("guardrails"):
        return f"the package guardrails-ai is not installed where this runs: {INSTALL}"
    module = named["module"]
    if module is not None and not _exists(module):
        return (
            f"there is no module '{module}' where this runs: "
            f"install the package that holds '{named['name']}', or put it on the path"
        )
    return None


def _exists(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except (ImportError, ValueError):
        return False
