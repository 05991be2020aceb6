"""Prompts by name: which version a reference selects, and its messages with variables filled in.

A template may insert, test and filter variables. Loops, calls and arithmetic are refused, since a few lines
of them could fill the memory. A value that is filled in is never read as a template.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice

from jinja2 import StrictUndefined, Template, TemplateError, UndefinedError, meta, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from schemas.documents import PromptDocument, PromptVersion
from schemas.values import Message

DEFAULT_LABEL = "production"
MAX_RENDERED_BYTES = 2 * 1024 * 1024

_FILTERS = ("capitalize", "default", "length", "lower", "title", "trim", "upper")
_TESTS = ("defined", "undefined", "true", "false")
_ALLOWED: tuple[type[nodes.Node], ...] = (
    nodes.Template,
    nodes.Output,
    nodes.TemplateData,
    nodes.Name,
    nodes.Const,
    nodes.If,
    nodes.CondExpr,
    nodes.Compare,
    nodes.Operand,
    nodes.And,
    nodes.Or,
    nodes.Not,
    nodes.Filter,
    nodes.Test,
)


class PromptError(Exception):
    """A prompt cannot be used; `code` is stable, the message has no values or unknown names of variables."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class ResolvedPrompt:
    """The version of a prompt that a reference selects."""

    name: str
    version: PromptVersion


@dataclass(frozen=True, slots=True)
class _CompiledTemplate:
    template: Template
    variables: frozenset[str]


def split_reference(reference: str) -> tuple[str, str | None]:
    """`name@label` as name and label; the label is None where the reference has none."""
    name, _, selector = reference.partition("@")
    return name, selector or None


def resolve(reference: str, document: PromptDocument | None, known: Sequence[str]) -> ResolvedPrompt:
    """The version of `name`, `name@label` or `name@3`; raises PromptError, which lists the `known` names."""
    name, selector = split_reference(reference)
    if document is None:
        raise PromptError("unknown_prompt", f"there is no prompt '{name}'; there are: {_listed(known)}")
    versions = {version.version: version for version in document.versions}
    number = _version_number(document, selector)
    if number is None or number not in versions:
        labels = _listed(document.labels)
        numbers = _listed(str(version) for version in versions)
        message = f"prompt '{name}' has no version behind '{selector or DEFAULT_LABEL}'"
        raise PromptError("unknown_prompt", f"{message}; its labels: {labels}; its versions: {numbers}")
    return ResolvedPrompt(name, versions[number])


def render(prompt: ResolvedPrompt, variables: Mapping[str, str]) -> tuple[Message, ...]:
    """The messages with variables filled in; raises PromptError if one is missing, unknown or too large."""
    compiled = [_compiled_or_raise(prompt, message.content) for message in prompt.version.messages]
    accepted = frozenset[str]().union(*(template.variables for template in compiled))
    unknown = len(variables.keys() - accepted)
    if unknown:
        message = f"prompt '{prompt.name}' does not use {unknown} of the given variables"
        raise PromptError("unknown_variable", f"{message}; it uses: {_listed(accepted)}")
    messages: list[Message] = []
    bytes_left = MAX_RENDERED_BYTES
    for message, template in zip(prompt.version.messages, compiled, strict=True):
        text = _filled(prompt, template, variables, bytes_left)
        bytes_left -= len(text.encode())
        messages.append(message.model_copy(update={"content": text}))
    return tuple(messages)


def _version_number(document: PromptDocument, selector: str | None) -> int | None:
    if selector is None:
        return document.labels.get(DEFAULT_LABEL, max(version.version for version in document.versions))
    if selector.isdecimal() and selector not in document.labels:
        return int(selector)
    return document.labels.get(selector)


def _compiled_or_raise(prompt: ResolvedPrompt, source: str) -> _CompiledTemplate:
    try:
        return _compile(source)
    except TemplateError as error:
        line = getattr(error, "lineno", None)
        location = f" in line {line}" if line else ""
        version = f"version {prompt.version.version} of prompt '{prompt.name}'"
        message = f"{version} is no valid template{location}: {error.message}"
        raise PromptError("broken_prompt", message) from error


def _filled(
    prompt: ResolvedPrompt, compiled: _CompiledTemplate, variables: Mapping[str, str], limit: int
) -> str:
    parts: list[str] = []
    size = 0
    try:
        for part in compiled.template.generate(variables):
            size += len(part.encode())
            if size > limit:
                message = f"prompt '{prompt.name}' grows over {MAX_RENDERED_BYTES} bytes with these variables"
                raise PromptError("prompt_too_large", f"{message}; send less")
            parts.append(part)
    except UndefinedError as error:
        missing = _listed(compiled.variables - variables.keys())
        raise PromptError(
            "missing_variable", f"prompt '{prompt.name}' needs variables that were not sent: {missing}"
        ) from error
    except (TemplateError, TypeError, ValueError, AttributeError) as error:
        version = f"version {prompt.version.version} of prompt '{prompt.name}'"
        message = f"{version} cannot be filled in: a filter or test is used wrongly"
        raise PromptError("broken_prompt", message) from error
    return "".join(parts)


@lru_cache(maxsize=1024)
def _compile(source: str) -> _CompiledTemplate:
    tree = _ENVIRONMENT.parse(source)
    for node in tree.find_all(nodes.Node):
        if not isinstance(node, _ALLOWED):
            message = f"'{type(node).__name__.lower()}' is not allowed"
            raise TemplateError(f"{message}; use {{{{ variable }}}}, if and the filters {_listed(_FILTERS)}")
        if isinstance(node, nodes.Filter) and node.name not in _FILTERS:
            raise TemplateError(f"there is no filter '{node.name}'; there are: {_listed(_FILTERS)}")
        if isinstance(node, nodes.Test) and node.name not in _TESTS:
            raise TemplateError(f"there is no test '{node.name}'; there are: {_listed(_TESTS)}")
    variables = frozenset(meta.find_undeclared_variables(tree))
    return _CompiledTemplate(_ENVIRONMENT.from_string(source), variables)


def _environment() -> ImmutableSandboxedEnvironment:
    environment = ImmutableSandboxedEnvironment(
        undefined=StrictUndefined, autoescape=False, keep_trailing_newline=True
    )
    environment.filters = {name: environment.filters[name] for name in _FILTERS}
    environment.tests = {name: environment.tests[name] for name in _TESTS}
    environment.globals = {}
    return environment


def _listed(names: Iterable[str]) -> str:
    return ", ".join(islice(sorted(names), 50)) or "none"


_ENVIRONMENT = _environment()
