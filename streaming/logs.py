"""JSON logs on standard error: one object for each line, with facts as fields and no content."""

import logging

from pythonjsonlogger.json import JsonFormatter

NOISY = ("aiokafka", "httpx", "httpcore", "urllib3", "clickhouse_connect", "asyncio")


def configure(level: str) -> None:
    """Log as JSON to standard error; libraries only log errors, since their messages may quote content."""
    handler = logging.StreamHandler()
    handler.setFormatter(
        JsonFormatter(
            "{asctime}{levelname}{name}{message}",
            style="{",
            rename_fields={"asctime": "time", "levelname": "level", "name": "logger"},
        )
    )
    logging.basicConfig(level=level, handlers=[handler], force=True)
    for name in NOISY:
        logging.getLogger(name).setLevel(logging.ERROR)
