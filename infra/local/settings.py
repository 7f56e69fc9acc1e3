"""What the local broker is told: its properties, its log and its JVM. Data, no logic."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from infra.local.ports import HOST

HEAP = "512m"
RECORD = 16 * 1024 * 1024  # bytes: the largest record of market.raw
BATCH = RECORD + 64 * 1024  # the same with its batch's header, key and headers

JVM = (
    f"-Xms{HEAP}",
    f"-Xmx{HEAP}",
    "-Xmn320m",  # records are young: with the default of a third, twice as many pauses
    "-XX:+UseParallelGC",  # pauses of 20 ms on two cores, half of the serial collector's
    "-XX:+ExitOnOutOfMemoryError",
    "-Djava.awt.headless=true",
)

SHORT = "-XX:TieredStopAtLevel=1"
"""For a program that lives for a second: more would be spent on optimising it than that wins."""

PROPERTIES: dict[str, object] = {
    # our topics are created by topics/, never by a misspelling
    "auto.create.topics.enable": "false",
    "min.insync.replicas": 1,
    "offsets.topic.replication.factor": 1,
    "offsets.topic.num.partitions": 4,
    "transaction.state.log.replication.factor": 1,
    "transaction.state.log.min.isr": 1,
    "transaction.state.log.num.partitions": 4,
    "share.coordinator.state.topic.replication.factor": 1,
    "share.coordinator.state.topic.min.isr": 1,
    "share.coordinator.state.topic.num.partitions": 1,
    "message.max.bytes": BATCH,
    "replica.fetch.max.bytes": BATCH,
    "log.cleaner.dedupe.buffer.size": 16 * 1024 * 1024,
    "log.segment.bytes": 256 * 1024 * 1024,
    "num.network.threads": 2,
    "num.io.threads": 4,
    "background.threads": 2,
    "num.recovery.threads.per.data.dir": 2,
    # a group of one local worker need not wait for others
    "group.initial.rebalance.delay.ms": 0,
    # a broker that was killed can come back only when its old session has ended
    "broker.session.timeout.ms": 3000,
    "broker.heartbeat.interval.ms": 500,
    # a record each 500 ms, synced to disk, would tell other controllers that this one lives
    "metadata.max.idle.interval.ms": 0,
}


@dataclass(frozen=True)
class Access:
    """How a broker is reached: its clients' protocol, and what both sides are told of it."""

    protocol: str = "PLAINTEXT"
    server: Mapping[str, str] = field(default_factory=dict)
    client: Mapping[str, str] = field(default_factory=dict)


OPEN = Access()
"""For everybody on this machine."""


def properties(broker: int, controller: int, access: Access = OPEN) -> str:
    """server.properties of one node that is broker and controller, on loopback only.

    It keeps its records in the directory `records` below the one it runs in.
    """
    protocol = access.protocol
    lines = {
        "process.roles": "broker,controller",
        "node.id": 1,
        "controller.quorum.voters": f"1@{HOST}:{controller}",
        "listeners": f"{protocol}://{HOST}:{broker},CONTROLLER://{HOST}:{controller}",
        "advertised.listeners": f"{protocol}://{HOST}:{broker}",
        "controller.listener.names": "CONTROLLER",
        "listener.security.protocol.map": f"CONTROLLER:PLAINTEXT,{protocol}:{protocol}",
        "inter.broker.listener.name": protocol,
        "log.dirs": "records",
        **PROPERTIES,
        **access.server,
    }
    return "".join(f"{key}={value}\n" for key, value in lines.items())


LOG4J = """\
status=warn
appender.out.type=Console
appender.out.name=out
appender.out.layout.type=PatternLayout
appender.out.layout.pattern=%d{yyyy-MM-dd HH:mm:ss.SSS} %-5level %c{1}: %m%n
rootLogger.level=warn
# it warns of closing a connection twice at every stop
logger.network.name=org.apache.kafka.clients.NetworkClient
logger.network.level=error
rootLogger.appenderRef.out.ref=out
"""
