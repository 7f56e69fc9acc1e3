"""Calls of the API: answers as objects, refusals as one line that names the remedy.

A call that makes or gives something goes out under an Idempotency-Key, and again under the same one
where no answer came: the gateway counts it once, so a lost connection loses and doubles nothing.
Signing in alone has no such key: where its answer is lost a session is left that ends by itself,
and a code of an app is refused the second time.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

import httpx2
import orjson

from gateway.auth.rights import LOCAL
from gateway.client.desk import Desk
from gateway.client.refusals import foreign, refused, untrusted
from schemas.errors import TapelineError

Row = dict[str, Any]

BUSY = frozenset({429, 502, 503, 504})
"""Answers that pass: asked again they may be others."""

FAR = httpx2.Timeout(30.0, connect=10.0)
"""Seconds that a gateway may take."""

NEAR = httpx2.Timeout(10.0, connect=3.0)
"""The same of this machine's, beside which there is another road."""

PATIENCE = {False: 30.0, True: 3.0}
"""Seconds for which it is asked again, by whether it is this machine's own."""


class Unheard(TapelineError):
    """No answer came: of a change nobody knows whether it counts."""


def connected(desk: Desk, transport: httpx2.BaseTransport | None = None) -> httpx2.Client:
    """A client of a desk's gateway. It follows no redirection, as that would carry the key along;
    what is not encrypted passes no proxy.
    """
    headers = {"Accept": "application/json", "User-Agent": "tapeline"}
    if desk.key:
        headers["Authorization"] = f"Bearer {desk.key}"
    return httpx2.Client(
        base_url=f"http://{LOCAL}" if desk.own else desk.address, headers=headers,
        transport=transport or transport_of(desk), timeout=NEAR if desk.own else FAR,
        trust_env=not desk.own and desk.address.startswith("https://"),
    )  # fmt: skip


def transport_of(desk: Desk) -> httpx2.BaseTransport | None:
    """How bytes get there; None for over a network."""
    return httpx2.HTTPTransport(uds=desk.socket) if desk.own else None


class Calls:
    """Of one desk; a context that is closed at its end. transport: how bytes get there, if not as
    the desk has it; sleep, clock: of seconds.
    """

    def __init__(
        self, desk: Desk, transport: httpx2.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:  # fmt: skip
        self.desk, self._web = desk, connected(desk, transport)
        self._sleep, self._clock = sleep, clock

    def get(self, path: str, **query: str | int | float | None) -> Any:
        """What is there; Refusal where it is not told, Unheard where no answer came."""
        asked = {name: value for name, value in query.items() if value is not None}
        return self.send("GET", path, params=asked)

    def ready(self) -> Row:
        """Whether all parts of the gateway are well, also where they are not."""
        try:
            answer = self._web.get("/v1/ready")
        except httpx2.TransportError as error:
            fault = untrusted(error, self.desk)
            raise fault or Unheard(
                f"the gateway at {self.desk.address} does not answer: {_words(error)}"
            ) from None
        told = _object(answer)
        if not isinstance(told.get("parts"), dict):
            raise foreign(self.desk, answer.status_code)
        return told

    def text(self, path: str) -> str:
        """A file of a report."""
        return str(self.send("GET", path, headers={"Accept": "*/*"}, plain=True))

    def give(self, method: str, path: str, body: Mapping[str, Any], key: str) -> Any:
        """Have something done, once under its key; as `get`."""
        return self.send(method, path, json=dict(body), headers={"Idempotency-Key": key})

    def send(self, method: str, path: str, plain: bool = False, **more: Any) -> Any:
        """Ask until it is answered, or patience is over. plain: what is told is text."""
        until = self._clock() + PATIENCE[self.desk.own]
        while True:
            try:
                told = self._web.request(method, f"/v1{path}", **more)
            except httpx2.TransportError as error:
                if (fault := untrusted(error, self.desk)) is not None:
                    raise fault from None
                if self.desk.own and isinstance(error, httpx2.ConnectError):
                    until = 0.0  # it is gone: nothing to wait for
                rest, why = 0.2, _words(error)
            else:
                if told.status_code not in BUSY:
                    return self._read(told, plain)
                rest, why = _rest(told), self._read_error(told)
                if told.status_code == 429 and self._clock() + rest > until:
                    raise refused(429, _object(told), self.desk)
            if self._clock() + rest > until:
                raise Unheard(f"the gateway at {self.desk.address} does not answer: {why}")
            self._sleep(rest)

    def _read(self, told: httpx2.Response, plain: bool) -> Any:
        if not told.is_success:
            raise refused(told.status_code, _object(told), self.desk)
        if told.status_code == 204:
            return None
        if plain:
            return told.content.decode(errors="replace")
        try:
            return orjson.loads(told.content)
        except orjson.JSONDecodeError:
            raise foreign(self.desk, told.status_code) from None

    def _read_error(self, told: httpx2.Response) -> str:
        return str(refused(told.status_code, _object(told), self.desk))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:  # fmt: skip
        self._web.close()


def _object(told: httpx2.Response) -> Row:
    """The problem that a refusal has told; empty for what is none."""
    with suppress(orjson.JSONDecodeError):
        found = orjson.loads(told.content)
        if isinstance(found, dict):
            return found
    return {}


def _rest(told: httpx2.Response) -> float:
    with suppress(ValueError):
        return min(max(float(told.headers.get("retry-after", "1")), 0.1), 60.0)
    return 1.0


def _words(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__
