"""Logs of a worker: one JSON object a line, to stderr."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from typing import Any

import orjson

from topics.secrecy import known


class JsonLines(logging.Formatter):
    """Formats a log record as {"time", "level", "logger", "text"} and, after an error, "trace"."""

    def format(self, record: logging.LogRecord) -> str:
        """One line, without the secrets that this process knows; time is RFC 3339 in UTC."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "text": record.getMessage(),
        }
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        elif record.exc_text:
            line["trace"] = record.exc_text
        return known.redact(orjson.dumps(line, default=str).decode())


LOGGING: dict[str, Any] = {
    "merge": True,  # Faust keeps its levels (-l) and takes our handler
    "formatters": {"json": {"()": JsonLines}},
    "handlers": {
        "default": {
            "class": "logging.StreamHandler",
            "stream": "ext://sys.stderr",
            "formatter": "json",
        }
    },
}
"""Faust's logging_config."""
