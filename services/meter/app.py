"""The composition root of the meter."""

from datetime import timedelta

from schemas.answers import ScreenedAnswer
from schemas.budgets import BudgetDocument
from schemas.documents import PromptDocument, RouteDocument
from schemas.outcomes import Adjustment, Completion, Correction
from schemas.prices import PriceDocument
from schemas.requests import AdmittedRequest, ScreenedRequest
from schemas.topics import ANSWERS_SCREENED, REQUESTS_SCREENED
from services.meter.adapters.bpe_tokens import BpeTokenCounter
from services.meter.adapters.genai_price_list import GenaiPriceList
from services.meter.adapters.own_prices import OverridingPriceBook
from services.meter.adapters.prompt_sizes import PromptTableTokens
from services.meter.domain.accounts.accounts import Accounts
from services.meter.handler import Meter, MeterLookups
from services.meter.settings import MeterSettings
from streaming.loops.ledger import Ledger
from streaming.process import Service, unique_client_id
from streaming.seal.seal import Sealer
from streaming.state.table import Table


def build(settings: MeterSettings) -> Service:
    """Build the service: a ledger that admits and closes every request, with its tables."""
    routes, budgets, prices, prompts = (
        Table(RouteDocument),
        Table(BudgetDocument),
        Table(PriceDocument),
        Table(PromptDocument),
    )
    tokens = BpeTokenCounter()
    lookups = MeterLookups(
        routes,
        budgets,
        OverridingPriceBook(prices, GenaiPriceList()),
        tokens,
        PromptTableTokens(prompts, tokens),
    )
    meter = Meter(lookups, timedelta(seconds=settings.meter_grace_s))
    ledger = Ledger(
        group="meter",
        decide={ScreenedRequest: meter.admit, ScreenedAnswer: meter.settle, Correction: meter.correct},
        tick=meter.expire,
        outputs=(AdmittedRequest, Completion, Adjustment),
        new_state=Accounts,
        sealer=Sealer.from_text(settings.seal_key.get_secret_value()),
        client_id=unique_client_id("meter"),
        snapshot_every_s=settings.meter_snapshot_every_s,
        closing={REQUESTS_SCREENED.name: meter.close_request, ANSWERS_SCREENED.name: meter.close_answer},
    )
    return Service("meter", [ledger], [routes, budgets, prices, prompts])
