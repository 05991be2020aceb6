"""The composition root of the sink."""

from schemas.groups import DEAD_LETTER_TOPICS
from services.sink.adapters.clickhouse_store import ClickHouseStore
from services.sink.domain.facts import rows_of_facts
from services.sink.domain.rows import dead_letter_rows
from services.sink.settings import SinkSettings
from streaming.loops.sink import Sink
from streaming.process import Service, unique_client_id
from streaming.seal.seal import Sealer


def build(settings: SinkSettings) -> Service:
    """A sink for all topics of facts and all dead letters."""
    sink = Sink(
        group="sink",
        rows=rows_of_facts(),
        record_rows=dict.fromkeys(DEAD_LETTER_TOPICS, dead_letter_rows),
        store=ClickHouseStore(settings.clickhouse_url, settings.sink_insert_timeout_s),
        sealer=Sealer.from_text(settings.seal_key.get_secret_value()),
        client_id=unique_client_id("sink"),
    )
    return Service("sink", [sink])
