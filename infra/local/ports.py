"""Free TCP ports of this machine's loopback."""

import json
import os
import random
import socket
from pathlib import Path

HOST = "127.0.0.1"
# below the range that systems take from for outgoing connections: what is free now stays free
LOW, HIGH = 20_000, 32_000


def is_free(port: int) -> bool:
    """True if nothing listens on the port; one that was just left counts as free."""
    with socket.socket() as probe:
        if os.name == "posix":  # elsewhere the option would let two listen
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True


def free_port() -> int:
    """A port that nothing listens on."""
    while not is_free(port := random.randrange(LOW, HIGH)):
        pass
    return port


def is_open(port: int) -> bool:
    """True if something accepts connections on the port."""
    with socket.socket() as probe:
        probe.settimeout(0.2)
        return probe.connect_ex((HOST, port)) == 0


def remembered(file: Path, names: tuple[str, ...]) -> dict[str, int]:
    """A port for each name: as kept in `file` where still free, else a free one, kept there."""
    try:
        kept = {str(name): int(port) for name, port in json.loads(file.read_text()).items()}
    except (OSError, ValueError, AttributeError):
        kept = {}
    ports = {name: kept.get(name, 0) for name in names}
    for name, port in ports.items():
        if not port or not is_free(port):
            ports[name] = free_port()
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(ports))
    return ports
