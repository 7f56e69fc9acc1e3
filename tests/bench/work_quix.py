"""The peer of `tapeline bench transport` on quixstreams; it runs in an environment of its own."""

from __future__ import annotations

import os

from quixstreams import Application  # type: ignore[import-not-found,unused-ignore]

from tests.bench.trades import columns, normalise


def main() -> None:
    """Run until SIGTERM."""
    work = {"normalise": normalise, "columns": columns}[os.environ["BENCH_WORK"]]
    app = Application(
        broker_address=os.environ["BENCH_BROKER"],
        consumer_group=os.environ["BENCH_GROUP"],
        commit_interval=float(os.environ["BENCH_COMMIT"]),
        auto_offset_reset="earliest",
        auto_create_topics=False,
        use_changelog_topics=False,
        producer_extra_config={
            "enable.idempotence": True,
            "acks": "all",
            "linger.ms": float(os.environ["BENCH_LINGER"]) * 1000,
            "queue.buffering.max.messages": 500_000,
        },
        loglevel="INFO",
    )
    raw = {"key_deserializer": "bytes", "value_deserializer": "bytes"}
    source = app.topic(os.environ["BENCH_SOURCE"], **raw)
    target = app.topic(os.environ["BENCH_TARGET"], key_serializer="bytes", value_serializer="bytes")
    app.dataframe(source).apply(work).to_topic(target)
    app.run()


if __name__ == "__main__":
    main()
