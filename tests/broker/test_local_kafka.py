"""The local broker: what it keeps, and what becomes of it when somebody is killed."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from confluent_kafka import Consumer, KafkaError, Producer, TopicPartition
from confluent_kafka.admin import AdminClient
from confluent_kafka.cimpl import NewTopic

from infra.local.errors import LocalError
from infra.local.kafka import Kafka
from infra.local.ports import is_open
from infra.local.waiting import wait_for
from topics.pids import Pid

pytestmark = pytest.mark.broker

TOPIC = "kept"
LARGEST = 16 * 1024 * 1024
LAUNCHER = """
import sys, time
from pathlib import Path
from infra.local import settings
from infra.local.kafka import Kafka
settings.JVM += (settings.SHORT,)
with Kafka(Path(sys.argv[1])) as kafka:
    print(kafka.pid, kafka.bootstrap, flush=True)
    time.sleep(600)
"""


def create(bootstrap: str) -> None:
    topic = NewTopic(TOPIC, 1, 1)
    client = AdminClient({"bootstrap.servers": bootstrap})
    for future in client.create_topics([topic]).values():
        future.result(30)


def produce(bootstrap: str, *values: bytes) -> None:
    """Writes records, and returns when the broker has acknowledged them all."""
    errors: list[KafkaError] = []
    producer = Producer({"bootstrap.servers": bootstrap, "message.max.bytes": LARGEST + 1000})
    for value in values:
        producer.produce(
            TOPIC, value, on_delivery=lambda error, _: errors.append(error) if error else None
        )
    assert producer.flush(30) == 0
    assert errors == []
    # it would go on looking for a broker that the test has stopped
    producer.close()


def consume(bootstrap: str, count: int) -> list[bytes]:
    """The first `count` records of the topic."""
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "test"})
    consumer.assign([TopicPartition(TOPIC, 0, 0)])
    try:
        messages = consumer.consume(count, timeout=30)
        return [message.value() or b"" for message in messages]
    finally:
        consumer.close()


def launch(data: Path) -> tuple[subprocess.Popen[str], Pid, str]:
    """A launcher in a process of its own, the broker that it has started, and its address."""
    launcher = subprocess.Popen(
        [sys.executable, "-c", LAUNCHER, str(data)],
        stdout=subprocess.PIPE,
        text=True,
        cwd=os.getcwd(),
    )
    assert launcher.stdout is not None
    number, bootstrap = launcher.stdout.readline().split()
    return launcher, Pid.of(int(number)), bootstrap


def test_stopped_broker_keeps_records_and_address(tmp_path: Path) -> None:
    kafka = Kafka(tmp_path)
    with kafka:
        before = kafka.bootstrap
        create(before)
        produce(before, b"one", b"two")
    assert not is_open(kafka.port)
    with Kafka(tmp_path) as again:
        assert again.bootstrap == before
        assert consume(before, 2) == [b"one", b"two"]


def test_killed_broker_keeps_records(tmp_path: Path) -> None:
    kafka = Kafka(tmp_path)
    values = [b"%d" % number for number in range(1000)]
    with kafka:
        create(kafka.bootstrap)
        produce(kafka.bootstrap, *values)
        os.kill(kafka.pid, signal.SIGKILL)
        assert wait_for(lambda: not kafka.running, 60)
        kafka.start()
        produce(kafka.bootstrap, b"after")
        assert consume(kafka.bootstrap, 1001) == [*values, b"after"]


@pytest.mark.parametrize("sent", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_broker_ends_with_its_launcher(tmp_path: Path, sent: signal.Signals) -> None:
    launcher, broker, bootstrap = launch(tmp_path)
    create(bootstrap)
    produce(bootstrap, b"one")
    launcher.send_signal(sent)
    launcher.wait(60)
    assert wait_for(lambda: not broker.alive(), 60)
    assert not is_open(int(bootstrap.rpartition(":")[2]))
    with Kafka(tmp_path) as again:
        assert again.bootstrap == bootstrap
        assert consume(bootstrap, 1) == [b"one"]


def test_second_launcher_is_told_so(kafka: Kafka) -> None:
    with pytest.raises(LocalError, match="in use by another tapeline") as caught:
        Kafka(kafka.data).start()
    assert "\n" not in str(caught.value)
    assert is_open(kafka.port)


def test_taken_port_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(LocalError, match=f"cannot have port {port}"):
            Kafka(tmp_path, port).start()


def test_broken_start_carries_the_log(tmp_path: Path) -> None:
    (tmp_path / "records").mkdir()
    (tmp_path / "records" / "meta.properties").write_text("version=99\n")
    kafka = Kafka(tmp_path)
    with pytest.raises(LocalError, match=r"broker\.log") as caught:
        kafka.start()
    assert "meta.properties" in caught.value.log
    assert not kafka.running


def test_largest_record_fits(bootstrap: str) -> None:
    create(bootstrap)
    produce(bootstrap, bytes(LARGEST))
    assert consume(bootstrap, 1) == [bytes(LARGEST)]


def test_who_has_nothing_to_do_writes_nothing(kafka: Kafka) -> None:
    metadata = kafka.data / "records" / "__cluster_metadata-0" / f"{0:020}.log"
    before = metadata.stat().st_size
    assert not wait_for(lambda: metadata.stat().st_size > before, 1.5)


def test_missing_topic_is_not_created(bootstrap: str) -> None:
    producer = Producer({"bootstrap.servers": bootstrap, "message.timeout.ms": 2000})
    errors: list[KafkaError | None] = []
    producer.produce("misspelt", b"x", on_delivery=lambda error, _: errors.append(error))
    producer.flush(10)
    producer.close()
    assert errors[0] is not None
    assert "misspelt" not in AdminClient({"bootstrap.servers": bootstrap}).list_topics().topics
