"""A desk that is far away: where a key may be sent, and what is believed of what answers there."""

from __future__ import annotations

import ssl

import httpx2
import pytest

from gateway.client.calls import Calls
from gateway.client.desk import Desk, NoDesk, safe
from gateway.client.refusals import Refusal, untrusted

HERE = "https://desk.example.org"


@pytest.mark.parametrize(
    "url",
    ["http://desk.example.org", "http://10.0.0.5:8765", "http://127.0.0.1.example.org", "desk",
     "ftp://desk", "https://", "https://a:b@desk", "https://desk/v1", "https://desk?x=1",
     "https://desk:port", "https://[::1", "http://0.0.0.0:8765"],
)  # fmt: skip
def test_a_key_goes_nowhere_in_the_clear(url: str) -> None:
    with pytest.raises(NoDesk):
        safe(url)


def test_addresses_of_this_machine_need_no_tls() -> None:
    for url in ("http://127.0.0.1:8765", "http://localhost:1", "http://[::1]:8765", HERE):
        assert safe(f"{url}/") == url


def test_a_certificate_that_nobody_vouches_for_is_not_tried_again() -> None:
    fault = ssl.SSLCertVerificationError(1, "failed")
    fault.verify_message = "self-signed certificate"
    error = httpx2.ConnectError("failed")
    error.__cause__ = OSError("below")
    error.__cause__.__context__ = fault
    told = untrusted(error, Desk(HERE))
    assert "self-signed certificate): name the file of its authority in SSL_CERT_FILE" in str(told)
    assert untrusted(httpx2.ConnectError("refused"), Desk(HERE)) is None


def test_whether_a_desk_is_well_is_not_believed_of_another_program() -> None:
    other = httpx2.MockTransport(lambda request: httpx2.Response(502, text="<html>"))
    with Calls(Desk(HERE), other) as calls, pytest.raises(Refusal, match=r"\(HTTP 502\)") as told:
        calls.ready()
    assert told.value.status == 502
