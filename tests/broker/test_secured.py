"""A broker that asks who comes: consumer, producer, admin and reading work; secrets stay secret."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from confluent_kafka import Producer

from infra.local.kafka import Kafka
from infra.local.settings import Access
from infra.local.waiting import wait_for
from schemas import names
from schemas.codec import encode
from schemas.raw import RawFrame, Source
from tests.broker.lane import LONG
from tests.pipeline.run import Run
from topics import admin
from topics.settings import Settings

pytestmark = [pytest.mark.broker, pytest.mark.timeout(600)]

KEY = "binance:BTC/USDT:USDT"
PASSWORD = "correct-horse-battery"
JAAS = (
    "org.apache.kafka.common.security.plain.PlainLoginModule required "
    f'username="desk" password="{PASSWORD}" user_desk="{PASSWORD}";'
)


def certificate(folder: Path) -> tuple[Path, Path]:
    """A key with its certificate, for the broker, and the certificate alone, for its clients."""
    key, cert, both = (folder / name for name in ("key.pem", "cert.pem", "both.pem"))
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-batch",
         "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1",
         "-keyout", str(key), "-out", str(cert)],
        check=True, capture_output=True,
    )  # fmt: skip
    both.write_text(key.read_text() + cert.read_text())
    return both, cert


def access(protocol: str, folder: Path) -> Access:
    """User and password; with SASL_SSL also encrypted, the broker's certificate verified."""
    server = {
        "sasl.enabled.mechanisms": "PLAIN",
        "sasl.mechanism.inter.broker.protocol": "PLAIN",
        f"listener.name.{protocol.lower()}.plain.sasl.jaas.config": JAAS,
    }
    client = {
        "security.protocol": protocol,
        "sasl.mechanism": "PLAIN",
        "sasl.username": "desk",
        "sasl.password": PASSWORD,
    }
    if protocol == "SASL_SSL":
        both, cert = certificate(folder)
        place = {"type": "PEM", "location": str(both)}
        server |= {f"ssl.keystore.{name}": value for name, value in place.items()}
        place["location"] = str(cert)
        server |= {f"ssl.truststore.{name}": value for name, value in place.items()}
        client["ssl.ca.location"] = str(cert)
    return Access(protocol, server, client)


@pytest.fixture(params=["SASL_PLAINTEXT", "SASL_SSL"] if LONG else ["SASL_SSL"])
def secured(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Kafka, Access]]:
    """A real broker that lets nobody in without a password."""
    if request.param == "SASL_SSL" and shutil.which("openssl") is None:
        pytest.skip("openssl is not there to make a certificate")
    asked = access(request.param, tmp_path)
    with Kafka(tmp_path / "kafka", access=asked) as kafka:
        yield kafka, asked


def put(settings: Settings) -> None:
    """Write one raw record with one trade."""
    frame = RawFrame(
        id="0" * 24, seq=0, key=KEY, seen_time=1, run="r", run_seq=0, source=Source.WS,
        channel="stream", received=(1,), frames=('{"stream":"btcusdt@trade","data":{"e":"trade",'
        '"E":1,"T":1,"s":"BTCUSDT","t":1,"p":"61800.30","q":"1","m":true}}',),
    )  # fmt: skip
    producer = Producer({"bootstrap.servers": settings.bootstrap, **settings.librdkafka})
    producer.produce(settings.physical(names.RAW), encode(frame), KEY)
    assert producer.flush(60) == 0


def test_a_stage_works_and_a_wrong_password_is_told_without_itself(
    secured: tuple[Kafka, Access], redis_url: str, tmp_path: Path
) -> None:
    kafka, asked = secured
    run = Run(tmp_path, "secured", kafka.bootstrap, redis_url, asked.client)
    try:
        put(run.settings)
        run.start(stages=("ticks",))
        assert wait_for(lambda: any(True for _ in run.values(names.TICKS)), 120.0), run.log("ticks")
        assert any(True for _ in run.values(names.EVENTS))
        assert PASSWORD not in run.log("ticks")
    finally:
        run.stop()
    intruder(run, kafka, asked)


def intruder(run: Run, kafka: Kafka, asked: Access) -> None:
    """A worker with a wrong password gets nowhere, says why, and does not tell the password."""
    wrong = {**asked.client, "sasl.password": "wrong-horse-battery"}
    run.settings = run.settings.model_copy(
        update={"kafka": Settings.model_validate({"kafka": wrong}).kafka}
    )
    run.start(stages=("signals",))
    file = run.settings.home / "logs" / "signals.log"
    try:
        said = "uthentication failed"
        assert wait_for(lambda: file.exists() and said in file.read_text("utf-8"), 60.0)
    finally:
        run.stop()
    text = file.read_text("utf-8", "replace")
    assert "wrong-horse-battery" not in text
    assert PASSWORD not in text


def test_a_secret_that_is_wrong_itself_is_not_printed(bootstrap: str) -> None:
    told = {"security.protocol": "ssl", "ssl.key.pem": PASSWORD}
    settings = Settings.model_validate({"broker_url": bootstrap, "kafka": told})
    with pytest.raises(admin.TopicError, match=r"ssl\.key\.pem") as raised:
        admin.client(settings)
    for text in (str(raised.value), repr(raised.value.__cause__), repr(settings)):
        assert PASSWORD not in text
