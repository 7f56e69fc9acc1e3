"""Whether the broker answers: a check for a process that tells of itself."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import confluent_kafka as ck

ANSWER = 2.0
"""Seconds that the broker has to answer."""
AGAIN = 5.0
"""Seconds for which its answer counts: it is asked no more often."""


class Asked:
    """Asks for one topic. client: whose connection is asked over, None while there is none."""

    def __init__(self, client: Callable[[], Any], topic: str) -> None:
        self._client, self._topic = client, topic
        self._at, self._answer = -AGAIN, ""

    def __call__(self) -> str:
        """ "" where it answers."""
        if time.monotonic() - self._at >= AGAIN:
            self._answer = self._ask()
            self._at = time.monotonic()
        return self._answer

    def _ask(self) -> str:
        client = self._client()
        if client is None:
            return "the producer has not begun"
        try:
            client.list_topics(self._topic, timeout=ANSWER)
        except ck.KafkaException as error:
            return f"the broker does not answer: {error.args[0].str()}"
        return ""
