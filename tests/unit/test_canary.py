"""Planted secrets are never found again: in reprs, tracebacks, logs, errors and records."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import os
import subprocess
import sys
import traceback
from base64 import b64encode
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from urllib.parse import quote, urlencode

import orjson
import pytest
from aiohttp import web
from rich.console import Console
from rich.pretty import pretty_repr
from rich.traceback import Traceback

from executor.keys import key_of
from executor.venues.key import Key
from executor.venues.venue import Category, VenueError
from schemas.system import Severity, SystemEvent
from tests.unit.canary import GIVEN, NAME, PASSPHRASE, PLANTED, SECRET, escaped
from topics.keypairs import KeyPair
from topics.logs import JsonLines
from topics.outlet import Outlet
from topics.sealed import (
    Credentials,
    KeysError,
    Sealed,
    private_file,
    public_of,
    put,
    seal,
    sealed_file,
)
from topics.seclusion import bare
from topics.secrecy import MASK, Redacting, Secrets, forms, known
from topics.settings import Settings

KEY = Key(NAME, SECRET, PASSPHRASE)
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def forgetful() -> Iterator[None]:
    known.forget()
    yield
    known.forget()


@pytest.fixture
def planted() -> None:
    known.add(GIVEN.values())


@pytest.fixture
def sealed(tmp_path: Path) -> Path:
    pair = KeyPair.of(tmp_path, "main")
    file = sealed_file(tmp_path, "main")
    put(file, seal(public_of(pair.public), "main", "okx", PLANTED, 1).dump())
    return file


@pytest.mark.parametrize("one", [KEY, PLANTED, {"key": KEY}, [PLANTED]])
def test_no_repr_shows_one(one: object) -> None:
    for text in (repr(one), str(one), f"{one}", pretty_repr(one), "%s %r" % (one, one)):  # noqa: UP031
        assert not escaped(text)


def test_nothing_that_holds_one_shows_it(sealed: Path, tmp_path: Path) -> None:
    pair = KeyPair.of(tmp_path, "main")
    private = private_file(tmp_path, "main").read_text()
    text = f"{pair} {pair!r} {pretty_repr(pair)} {Sealed.read(sealed)!r} {known!r}"
    assert not escaped(text)
    assert private not in text
    assert repr(bytes.fromhex(private)) not in text


def shown(error: BaseException) -> str:
    """A traceback with the locals of every frame: the standard one's and rich's."""
    whole = traceback.TracebackException.from_exception(error, capture_locals=True)
    out = io.StringIO()
    rich = Traceback.from_exception(
        type(error), error, error.__traceback__, show_locals=True, locals_max_string=10**6
    )
    Console(file=out, width=400).print(rich)
    return "".join(whole.format()) + out.getvalue()


def caught(breaks: Callable[[Path], None], home: Path) -> Exception:
    """In a frame of its own, for the test's has secrets as locals."""
    try:
        breaks(home)
    except Exception as error:
        return error
    raise AssertionError("nothing broke")


def other_exchange(home: Path) -> None:
    key_of(home, "main", "bybit")


def damaged(home: Path) -> None:
    file = sealed_file(home, "main")
    box = Sealed.read(file).box
    file.write_text(file.read_text().replace(box, box[:-2] + "00"))
    key_of(home, "main", "okx")


def sealed_to_nobody(home: Path) -> None:
    seal(b"short", "main", "okx", PLANTED, 1)


def account_without_a_name(home: Path) -> None:
    seal(bytes(32), "", "okx", PLANTED, 1)


def damaged_private(home: Path) -> None:
    file = private_file(home, "main")
    file.write_text(file.read_text() + SECRET)
    key_of(home, "main", "okx")


def half_a_private(home: Path) -> None:
    file = private_file(home, "main")
    file.write_text(SECRET.encode().hex())
    key_of(home, "main", "okx")


def one_who_holds_it(home: Path) -> None:
    key = key_of(home, "main", "okx")
    raise KeysError(f"something is wrong with {key}")


@pytest.mark.parametrize(
    "breaks",
    [
        other_exchange,
        damaged,
        sealed_to_nobody,
        account_without_a_name,
        damaged_private,
        half_a_private,
        one_who_holds_it,
    ],
)
def test_no_traceback_with_locals_shows_one(
    breaks: Callable[[Path], None], sealed: Path, tmp_path: Path
) -> None:
    private = private_file(tmp_path, "main").read_text()
    text = shown(caught(breaks, tmp_path))
    assert breaks.__name__ in text
    assert not escaped(text)
    for form in forms(private) | {repr(bytes.fromhex(private))[2:-1]}:
        assert form not in text


def test_what_led_to_an_error_is_dropped_with_its_locals(planted: None) -> None:
    """As where ccxt's frames, which have a request's headers as locals, led to a VenueError."""

    def fetch() -> None:
        headers = {"OK-ACCESS-PASSPHRASE": PASSPHRASE}
        raise ValueError(f"{len(headers)} headers")

    def call() -> None:
        try:
            fetch()
        except ValueError as error:
            raise VenueError(Category.NETWORK, f"GET ?key={NAME}: {error}") from error

    with pytest.raises(VenueError, match=r"GET \?key=\*\*\*: 1 headers") as raised:
        call()
    assert escaped(shown(raised.value))  # so it would be without
    assert bare(raised.value) is raised.value
    text = shown(raised.value)
    assert not escaped(text)
    assert "VenueError" in text


def test_a_record_does_not_carry_one(planted: None) -> None:
    sent: list[bytes] = []

    class Producer:
        def emit(self, topic: str, key: bytes, value: bytes, *more: object) -> None:
            sent.append(value)

    class App:
        producer = Producer()

    outlet = Outlet(App(), Settings(), "executor")  # type: ignore[arg-type]
    event = SystemEvent(
        key="executor", stage="executor", severity=Severity.ERROR, kind="x",
        text=f"{SECRET} of {NAME}", facts={"body": json.dumps(GIVEN)},
    )  # fmt: skip
    outlet.event(event)
    outlet.letter("trading.orders", "a:b", 1, f"unreadable {SECRET}", SECRET.encode())
    assert len(sent) == 2
    for value in sent:
        assert MASK in value.decode()
        assert json.loads(value)["stage"] == "executor"
        assert not [bird for bird in ("CanaryName", "CanarySecret") if bird in value.decode()]


def test_a_short_word_is_no_secret_of_records() -> None:
    secrets = Secrets()
    secrets.add(["alice", "pass-word"])
    assert secrets.redact("alice pass-word") == "alice ***"
    assert secrets.redact_bytes(b"alice pass-word") == b"alice pass-word"


def test_every_form_is_found() -> None:
    secrets = Secrets()
    secrets.add(GIVEN.values())
    for secret in GIVEN.values():
        for form in forms(secret):
            assert not escaped(secrets.redact(f"a{form}b {form}"))


@pytest.mark.parametrize(
    "carried",
    [
        quote(PASSPHRASE, safe=""),
        quote(NAME),
        quote(NAME, safe=""),
        urlencode({"key": PASSPHRASE}),
        urlencode({"key": NAME}),
        json.dumps(SECRET),
        json.dumps({"body": json.dumps({"secret": SECRET})}),
        orjson.dumps(SECRET).decode(),
        repr({"secret": SECRET}),
        repr(str({"secret": SECRET})),
        SECRET.encode().hex(),
        b64encode(SECRET.encode()).decode(),
        f"https://x/y?AccessKeyId={quote(NAME, safe='')}&Signature=z",
    ],
)
def test_whatever_a_request_makes_of_one_is_found(carried: str, planted: None) -> None:
    assert MASK in known.redact(f"before {carried} after")
    assert not escaped(known.redact(f"before {carried} after"))


def test_a_line_of_the_log_tells_none(planted: None) -> None:
    record = logging.LogRecord("a", logging.DEBUG, "f", 1, "%s", ({"secret": SECRET},), None)
    line = JsonLines().format(record)
    assert MASK in json.loads(line)["text"]
    assert not escaped(line)


def test_any_formatter_after_the_filter_tells_none(planted: None) -> None:
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.addFilter(Redacting())
    log = logging.Logger("plain")
    log.addHandler(handler)
    try:
        raise ValueError(SECRET)
    except ValueError:
        log.exception("it is %s", NAME)
    assert "it is ***" in out.getvalue()
    assert "ValueError: ***" in out.getvalue()
    assert not escaped(out.getvalue())


def test_a_filtered_record_keeps_its_trace_in_json(planted: None) -> None:
    try:
        raise ValueError(SECRET)
    except ValueError:
        record = logging.LogRecord("a", logging.ERROR, "f", 1, NAME, (), sys.exc_info())
    Redacting().filter(record)
    assert record.exc_info is None  # whoever formats it has the text only
    line = json.loads(JsonLines().format(record))
    assert line["text"] == MASK
    assert "ValueError: ***" in line["trace"]


@pytest.fixture
async def echo() -> AsyncIterator[str]:
    """A venue that refuses every request and repeats it, headers and all."""

    async def refuse(request: web.Request) -> web.Response:
        said = {"path": request.path_qs, "headers": dict(request.headers)}
        return web.json_response({"code": -1, "msg": json.dumps(said)}, status=400)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", refuse)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    await runner.cleanup()


@pytest.mark.parametrize("log", ["quiet", "chatty"])
async def test_a_process_where_all_goes_wrong_tells_none(
    log: str, echo: str, sealed: Path, tmp_path: Path
) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.unit.canary_process", echo, log, cwd=ROOT,
        env={**os.environ, "TAPELINE_HOME": str(tmp_path), "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    out, err = (each.decode() for each in await process.communicate())
    assert process.returncode == 1, err
    for text in ("okx failed", "htx failed", "bybit failed", "lost: ***", "in a thread: ***"):
        assert text in err
    assert "at last: ***, '***'" in err
    assert "htx: htx GET http://127.0.0.1:9" in out  # the request is in the error's text
    assert ("Request: {" in err) == (log == "chatty")
    assert not escaped(out)
    assert not escaped(err)


def test_a_secluded_process_leaves_nothing_to_read(tmp_path: Path) -> None:
    code = """if True:
        import ctypes, os, resource
        resource.setrlimit(resource.RLIMIT_CORE, resource.getrlimit(resource.RLIMIT_CORE))
        from topics.seclusion import secluded
        secluded()
        secluded()
        print(resource.getrlimit(resource.RLIMIT_CORE), ctypes.CDLL(None).prctl(3), flush=True)
        os.abort()
    """
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.stdout.split() == ["(0,", "0)", "0" if sys.platform == "linux" else "-1"]
    assert done.returncode < 0


def test_credentials_are_not_in_the_error_about_them() -> None:
    assert Credentials.of({**GIVEN, "more": "x"}) is None
