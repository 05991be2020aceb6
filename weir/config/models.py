"""The models of weir.yaml: the parts of a stack, its providers and routes, tenants, budgets and policies."""

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator, model_validator

from schemas.bounds import MAX_CANDIDATES, MAX_LINES, MAX_WAIT_SECONDS, Word
from schemas.budgets import BudgetDocument, BudgetTerms
from schemas.documents import Candidate, Document, PromptDocument, RouteDocument
from schemas.plugins import PluginNames
from schemas.policies import PolicyDocument
from schemas.prices import PriceDocument
from schemas.providers import ProviderKind
from schemas.values import Name, TenantName
from services.evaluator.settings import HttpMetrics

ServiceName = Literal["gateway", "guard", "meter", "router", "evaluator", "sink", "watch"]
Port = Annotated[int, Field(ge=1, le=65_535)]
KeyHash = Annotated[str, StringConstraints(max_length=64, pattern=r"^[0-9a-f]{64}$")]
Address = Annotated[str, StringConstraints(max_length=4_096)]
DEFAULT_TENANT = "default"
MAX_WORKERS, MAX_TENANTS = 64, 100_000


class Section(BaseModel):
    """A section of the file; an unknown key is an error, so that a misspelt key is not ignored."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class KafkaSection(Section):
    """Kafka; without `bootstrap` an embedded one is started on `port`, its controller on the next port."""

    bootstrap: Address | None = None
    port: Port = 19092
    partitions: int = Field(default=4, ge=1, le=1024)


class ClickHouseSection(Section):
    """ClickHouse; without `url` the embedded engine is started on `port`."""

    url: Address | None = None
    port: Port = 18123


class ModelSection(Section):
    """The small local language model, an OpenAI-compatible server on `port`."""

    enabled: bool = True
    port: Port = 18081


class GatewaySection(Section):
    """The HTTP API."""

    host: Word = "127.0.0.1"
    port: Port = 8080
    deadline_s: float = Field(default=120.0, gt=0, le=3600, allow_inf_nan=False)
    lag_limit_s: float = Field(
        default=60.0,
        gt=0,
        le=MAX_WAIT_SECONDS,
        allow_inf_nan=False,
        description="requests get 503 and Retry-After while the lag of the stream exceeds this",
    )
    held_limit_s: float = Field(
        default=5.0,
        gt=0,
        le=MAX_WAIT_SECONDS,
        allow_inf_nan=False,
        description="requests get 503 and Retry-After while an open transaction blocks a partition longer",
    )


class ProviderSection(Section):
    """A model provider; its API key is read from the environment variable that `api_key_env` names."""

    name: Name
    kind: ProviderKind = "openai"
    base_url: Annotated[str, StringConstraints(max_length=2_048, pattern=r"^https?://[^\s]+$")] = Field(
        description="with the API version: https://api.anthropic.com/v1"
    )
    api_key_env: Word | None = None
    limit_field: Literal["max_tokens", "max_completion_tokens"] = Field(
        default="max_tokens",
        description=(
            "the field with the output limit in requests to an `openai` provider; "
            "OpenAI's reasoning models need `max_completion_tokens`"
        ),
    )
    stream: bool = Field(
        default=False,
        description="stream answers, so that a call that times out is booked by its partial response",
    )


class RouteSection(Section):
    """The candidates for a `model` of requests, in order of preference."""

    name: Name
    candidates: tuple[Candidate, ...] = Field(min_length=1, max_length=MAX_CANDIDATES)
    max_output_tokens: int = Field(default=512, ge=1, le=1_000_000)
    repeat_unknown: bool = True

    def document(self) -> RouteDocument:
        """The route document, as published on `llm.routes`."""
        return RouteDocument(**self.model_dump())


class BudgetSection(BudgetTerms, Section):
    """The limits of a tenant; a limit that is left out does not apply."""

    def document(self, tenant: str) -> BudgetDocument:
        """The budget document, as published on `llm.budgets`."""
        return BudgetDocument(name=tenant, **self.model_dump())


class TenantSection(Section):
    """A tenant; without `key_hashes` (SHA-256, hex) the local stack makes an API key: `weir key NAME`."""

    name: TenantName
    key_hashes: Annotated[tuple[KeyHash, ...], Field(max_length=MAX_LINES)] = ()
    budget: BudgetSection | None = None


class Config(Section):
    """The whole configuration file."""

    home: Path = Path("~/.weir")
    kafka: KafkaSection = KafkaSection()
    clickhouse: ClickHouseSection = ClickHouseSection()
    model: ModelSection = ModelSection()
    gateway: GatewaySection = GatewaySection()
    metrics_port: Port = Field(
        default=9464,
        description="the port of the first worker's /metrics; further workers use the next ports",
    )
    workers: tuple[Annotated[tuple[ServiceName, ...], Field(max_length=MAX_WORKERS)], ...] = Field(
        max_length=MAX_WORKERS,
        default=(("guard",), ("meter", "router"), ("evaluator", "sink"), ("watch",)),
        description="the services of each worker process; the gateway always has its own process",
    )
    providers: Annotated[tuple[ProviderSection, ...], Field(max_length=MAX_LINES)] = ()
    routes: Annotated[tuple[RouteSection, ...], Field(max_length=MAX_LINES)] = ()
    tenants: Annotated[tuple[TenantSection, ...], Field(max_length=MAX_TENANTS)] = ()
    default_budget: BudgetSection | None = Field(
        default=None, description="for tenants that have no budget of their own"
    )
    prompts: Annotated[tuple[PromptDocument, ...], Field(max_length=MAX_LINES)] = ()
    prices: Annotated[tuple[PriceDocument, ...], Field(max_length=MAX_LINES)] = ()
    policies: Annotated[tuple[PolicyDocument, ...], Field(max_length=MAX_LINES)] = ()
    plugins: PluginNames = ()
    metrics: HttpMetrics = ()

    @model_validator(mode="after")
    def _check_names(self) -> Self:
        _refuse_unknown_providers(self.routes, {provider.name for provider in self.providers})
        for what, sections in (
            ("provider", self.providers),
            ("route", self.routes),
            ("tenant", self.tenants),
        ):
            _refuse_duplicates(what, [section.name for section in sections])
        workers = [name for group in self.workers for name in group]
        if "gateway" in workers:
            msg = "the gateway has a process of its own: leave it out of 'workers'"
            raise ValueError(msg)
        _refuse_duplicates("worker", workers)
        return self

    @field_validator("prompts")
    @classmethod
    def _labels_point_at_versions(cls, prompts: tuple[PromptDocument, ...]) -> tuple[PromptDocument, ...]:
        problem = next(filter(None, (document.problem() for document in prompts)), None)
        if problem is not None:
            raise ValueError(problem)
        _refuse_duplicates("prompt", [document.name for document in prompts])
        return prompts

    @field_validator("prices")
    @classmethod
    def _histories_are_complete(cls, prices: tuple[PriceDocument, ...]) -> tuple[PriceDocument, ...]:
        problem = next(filter(None, (document.problem() for document in prices)), None)
        if problem is not None:
            raise ValueError(problem)
        _refuse_duplicates("price", [document.name for document in prices])
        return prices

    @field_validator("policies")
    @classmethod
    def _policies_can_be_published(cls, policies: tuple[PolicyDocument, ...]) -> tuple[PolicyDocument, ...]:
        if not policies:
            return policies
        # The compilers of patterns and schemas are slow to import and needed for policies only.
        from weir.policies.files import problems_of

        if problems := [problem for document in policies for problem in problems_of(document)]:
            raise ValueError("; ".join(problems))
        _refuse_duplicates("policy document", [document.name for document in policies])
        return policies

    def documents(self) -> tuple[Document, ...]:
        """All documents of the file, which are published on compacted topics."""
        budgets = [
            tenant.budget.document(tenant.name) for tenant in self.tenants if tenant.budget is not None
        ]
        if self.default_budget is not None:
            budgets.append(self.default_budget.document(DEFAULT_TENANT))
        return (
            *[route.document() for route in self.routes],
            *budgets,
            *self.prompts,
            *self.prices,
            *self.policies,
        )


def _refuse_unknown_providers(routes: Sequence[RouteSection], known: Collection[str]) -> None:
    for route in routes:
        for candidate in route.candidates:
            if candidate.provider not in known:
                names = ", ".join(sorted(known)) or "none"
                msg = f"route '{route.name}' names provider '{candidate.provider}'; known providers: {names}"
                raise ValueError(msg)


def _refuse_duplicates(what: str, names: Sequence[str]) -> None:
    duplicates = sorted({name for name in names if names.count(name) > 1})
    if duplicates:
        msg = f"two of the {what}s are named {', '.join(duplicates)}"
        raise ValueError(msg)
