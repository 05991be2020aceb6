"""A detector: employee numbers such as `ACME-104233`, which are personal data at Acme."""

import re
from collections.abc import Iterator

from weir.plugins.detectors import Detection, DetectorDeclaration, DetectorPlugin, KindDeclaration, Span

_NUMBER = re.compile(r"\bACME-\d{6}\b")


def employee_numbers(text: str) -> Iterator[Detection]:
    """Every employee number of a text."""
    for match in _NUMBER.finditer(text):
        yield Detection("EMPLOYEE_NUMBER", "employee-numbers", 1.0, Span(*match.span()))


DETECTOR = DetectorPlugin(
    DetectorDeclaration("employee-numbers", frozenset({"EMPLOYEE_NUMBER"})),
    employee_numbers,
    (KindDeclaration("EMPLOYEE_NUMBER", "the number of an Acme employee", "personal"),),
)
