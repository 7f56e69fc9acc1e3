"""A log line is one JSON object, whatever was logged."""

from __future__ import annotations

import logging
import sys

import orjson

from topics.logs import JsonLines


def line(message: str, *args: object, error: bool = False) -> dict[str, str]:
    record = logging.LogRecord("a.b", logging.WARNING, "f", 1, message, args, None)
    if error:
        try:
            raise ValueError("broken")
        except ValueError:
            record.exc_info = sys.exc_info()
    text = JsonLines().format(record)
    assert "\n" not in text
    found: dict[str, str] = orjson.loads(text)
    return found


def test_a_line_says_when_who_and_what() -> None:
    found = line("read %d of\n%s", 3, "it")
    assert (found["level"], found["logger"], found["text"]) == ("warning", "a.b", "read 3 of\nit")
    assert found["time"].endswith("+00:00")


def test_an_error_brings_its_trace() -> None:
    assert "ValueError: broken" in line("oh", error=True)["trace"]
