"""make_app: the only faust.App call. One app per stage; its id is the consumer group."""

from __future__ import annotations

from typing import Any

import faust

from topics.logs import LOGGING
from topics.metrics.exposure import Exposure
from topics.rdkafka.topic import Topic
from topics.settings import Settings, refuse, settings

FIXED: dict[str, Any] = {
    "topic_allow_declare": False,
    "topic_disable_leader": True,
    "consumer_auto_offset_reset": "earliest",
    "broker_session_timeout": 120.0,  # static members return at once; a broker may be away
    "broker_heartbeat_interval": 3.0,
    "broker_max_poll_records": 500,
    "stream_recovery_delay": 0.0,
    "stream_wait_empty": True,
    "producer_linger": 0.005,  # s; each request costs the broker some 300 us
    "producer_max_request_size": 33 << 20,
    "autodiscover": False,
    "key_serializer": "raw",
    "value_serializer": "raw",
    "store": "memory://",
    "web_enabled": False,
    "worker_redirect_stdouts": False,
    "cython_optimizations": True,  # a stream takes what is in its queue without a turn of the loop
    "Topic": Topic,
}
"""What is the same for every stage; docs/decisions/0009 says why of some."""


STAGES = (
    "raw", "ticks", "signals", "decisions", "orders", "executor", "portfolio", "control", "books",
    "archive", "advice",
)  # fmt: skip
WEB_PORT = 6066
"""Faust's page of a worker run by hand, on loopback: this port and up, in the order of STAGES."""


def make_app(
    stage: str, given: Settings | None = None, *, part: str = "", **more: Any
) -> faust.App:
    """The Faust app of a stage, on our transport, with the settings of this process.

    part: of the stage that this app is, where it has several, each a consumer group.
    more: Faust's settings that are otherwise than in FIXED.
    """
    known = given or settings()
    if not known.bootstrap:
        refuse(known.homeless)
    data = known.home / "faust" / stage
    data.parent.mkdir(parents=True, exist_ok=True)  # Faust makes the last folder only
    app = faust.App(
        f"{known.prefix}tapeline-{stage}{f'-{part}' if part else ''}",
        broker=[f"rdkafka://{host}" for host in known.bootstrap.split(",")],
        env_prefix="TAPELINE_FAUST_",  # else BROKER_URL would choose Faust's own transport
        version=1,
        datadir=str(data),
        web_bind="127.0.0.1",
        web_port=WEB_PORT + (STAGES.index(stage) if stage in STAGES else len(STAGES)),
        logging_config=dict(LOGGING),
        consumer_group_instance_id=f"{stage}-{known.instance}",
        **FIXED | {"broker_commit_interval": known.snapshot_interval} | more,
    )
    numbered = (stage, part, "" if known.instance == "0" else known.instance)
    worker = "-".join(filter(None, numbered))
    app.exposure = Exposure(known, worker, stage)  # type: ignore[attr-defined]
    return app
