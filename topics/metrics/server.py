"""The answers over HTTP. Loaded when somebody asks."""

from __future__ import annotations

import select
import socket
from collections.abc import Callable
from hmac import compare_digest
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

import orjson
from prometheus_client.exposition import choose_encoder

from topics.metrics.exposure import Exposure
from topics.metrics.page import registry
from topics.metrics.settings import MetricsSettings

Answer = tuple[int, str, bytes]
JSON = "application/json"
PATIENCE = 10.0
"""Seconds that a client may take to say what it wants."""


class Server(ThreadingHTTPServer):
    """Answers on a socket that listens already."""

    daemon_threads = True

    def __init__(self, door: socket.socket, options: MetricsSettings, exposure: Exposure) -> None:
        super().__init__(door.getsockname()[:2], Handler, bind_and_activate=False)
        self.socket.close()
        self.socket = door
        self.options, self.exposure = options, exposure
        self.registry = registry(exposure)

    def run(self, ending: socket.socket) -> None:
        """Answer until something comes on `ending`."""
        while True:
            found, _, _ = select.select([self.socket, ending], [], [])
            if ending in found:
                return
            self.handle_request()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away."""


class Handler(BaseHTTPRequestHandler):
    """GET of three paths."""

    server: Server
    timeout = PATIENCE
    server_version, sys_version = "Tapeline", ""

    def do_GET(self) -> None:
        """Answer, or turn away."""
        answers: dict[str, Callable[[], Answer]] = {
            "/metrics": self._metrics,
            "/health": self._health,
            "/ready": self._ready,
        }
        answer = answers.get(urlsplit(self.path).path)
        if refusal := self._refusal():
            self._send(refusal)
        elif answer is None:
            self._send((404, "text/plain", b"there are /metrics, /health and /ready\n"))
        else:
            self._send(answer())

    def _refusal(self) -> Answer | None:
        """None where the token is shown, or there is none and the host asked for is this machine:
        a name of others that leads here is a browser's that was sent.
        """
        token = self.server.options.token.get_secret_value()
        if token:
            shown = self.headers.get("Authorization", "").encode()
            well = compare_digest(shown, f"Bearer {token}".encode())
            return None if well else (401, "text/plain", b"show the token of [metrics]\n")
        host = urlsplit(f"//{self.headers.get('Host', '')}").hostname or ""
        if host in ("127.0.0.1", "localhost", "::1", self.server.options.host):
            return None
        return 403, "text/plain", b"ask for the address of this machine\n"

    def _metrics(self) -> Answer:
        encode, kind = choose_encoder(self.headers.get("Accept", ""))
        return 200, kind, encode(self.server.registry)

    def _health(self) -> Answer:
        alive = self.server.exposure.alive()
        return 200 if alive else 503, JSON, orjson.dumps({"alive": alive})

    def _ready(self) -> Answer:
        failing = self.server.exposure.failing()
        ready = not any(failing.values())
        parts = {name: why or "ok" for name, why in failing.items()}
        return 200 if ready else 503, JSON, orjson.dumps({"ready": ready, "parts": parts})

    def _send(self, answer: Answer) -> None:
        status, kind, body = answer
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        if status == 401:
            self.send_header("WWW-Authenticate", "Bearer")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """A question every few seconds is no news."""
