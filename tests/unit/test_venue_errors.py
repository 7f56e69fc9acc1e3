"""What errors of ccxt mean: category, reason, and whether the effect is known."""

from __future__ import annotations

import ccxt
import pytest

from executor.venues import errors
from executor.venues.flight import Flight
from executor.venues.key import Key
from executor.venues.venue import Category, VenueError
from schemas.refusals import Reason

KEY = Key("name-of-key", "secret-of-key", "word-of-key")
NOT_WRITTEN = Flight(sending=True)


def answered(status: int | None) -> Flight:
    return Flight(sending=True, written=True, status=status)


def of(error: Exception, flight: Flight, client: str = "binanceusdm") -> VenueError:
    return errors.of(error, flight, client, KEY)


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (ccxt.RequestTimeout(""), None),
        (ccxt.ExchangeNotAvailable(""), None),
        (ccxt.ExchangeNotAvailable(""), 404),
        (ccxt.OnMaintenance(""), 200),
        (ccxt.NetworkError(""), None),
        (ccxt.ExchangeError("a broken answer"), None),
        (ccxt.ExchangeError('{"code":-4000}'), 500),
        (ccxt.BadResponse(""), 200),
        (ccxt.NullResponse(""), 200),
        (KeyError("orderId"), 200),
        (TypeError("parse"), 200),
        (ccxt.ExchangeError('{"code":-1007,"msg":"Timeout waiting for response"}'), 408),
        (ccxt.ExchangeError('{"code":-1006,"msg":"Execution status unknown"}'), 400),
    ],
)
def test_the_effect_is_not_known(error: Exception, status: int | None) -> None:
    found = of(error, answered(status))
    assert (found.unknown, found.sent) == (True, True)
    assert not of(error, NOT_WRITTEN).unknown
    assert not of(error, NOT_WRITTEN).sent
    assert not of(error, Flight(written=True, status=status)).unknown


@pytest.mark.parametrize(
    ("error", "category", "reason"),
    [
        (ccxt.InsufficientFunds(""), "insufficient_funds", Reason.INSUFFICIENT_BALANCE),
        (ccxt.InvalidOrder(""), "invalid_order", Reason.VENUE_REFUSED),
        (ccxt.DuplicateOrderId(""), "invalid_order", Reason.DUPLICATE),
        (ccxt.OrderNotFound(""), "invalid_order", Reason.UNKNOWN_ORDER),
        (ccxt.OrderImmediatelyFillable(""), "invalid_order", Reason.WOULD_TAKE),
        (ccxt.BadSymbol(""), "invalid_order", Reason.NO_INSTRUMENT),
        (ccxt.NotSupported(""), "invalid_order", Reason.UNSUPPORTED),
        (ccxt.AuthenticationError(""), "authentication", Reason.VENUE_REFUSED),
        (ccxt.PermissionDenied(""), "authentication", Reason.VENUE_REFUSED),
        (ccxt.RateLimitExceeded(""), "rate_limit", Reason.RATE_LIMITED),
        (ccxt.DDoSProtection(""), "rate_limit", Reason.RATE_LIMITED),
        (ccxt.InvalidNonce(""), "exchange", Reason.OUTSIDE_WINDOW),
        (ccxt.ExchangeError(""), "exchange", Reason.VENUE_REFUSED),
    ],
)
def test_a_refusal_is_definite(error: Exception, category: str, reason: Reason) -> None:
    found = of(error, answered(400))
    assert (found.category, found.reason) == (Category(category), reason)
    assert (found.unknown, found.sent) == (False, True)


@pytest.mark.parametrize(
    ("client", "text", "reason"),
    [
        ("binanceusdm", '{"code":-2013,"msg":"Order does not exist."}', Reason.UNKNOWN_ORDER),
        ("binanceusdm", '{"code":-4116,"msg":"ClientOrderId is duplicated."}', Reason.DUPLICATE),
        ("binanceusdm", '{"code":-2022,"msg":"ReduceOnly Order"}', Reason.NO_POSITION),
        ("binanceusdm", '{"code":-1021,"msg":"Timestamp"}', Reason.OUTSIDE_WINDOW),
        ("binanceusdm", '{"code":-1008,"msg":"throttled"}', Reason.RATE_LIMITED),
        ("binance", '{"code":-2010,"msg":"Duplicate order sent."}', Reason.DUPLICATE),
        ("binance", '{"code":-2010,"msg":"Account has insufficient balance for requested action."}',
         Reason.INSUFFICIENT_BALANCE),
        ("binance", '{"code":-2010,"msg":"Order would immediately match and take."}',
         Reason.WOULD_TAKE),
        ("okx", '{"code":"1","data":[{"clOrdId":"a","sCode":"51016","sMsg":""}],"msg":""}',
         Reason.DUPLICATE),
        ("okx", '{"code":"50011","data":[],"msg":""}', Reason.RATE_LIMITED),
        ("bybit", '{"retCode":110072,"retMsg":"OrderLinkedID is duplicate"}', Reason.DUPLICATE),
        ("bybit", '{"retCode":10006,"retMsg":""}', Reason.RATE_LIMITED),
    ],
)  # fmt: skip
def test_a_code_says_more_than_its_class(client: str, text: str, reason: Reason) -> None:
    found = of(ccxt.ExchangeError(f"{client} {text}"), answered(400), client)
    assert (found.reason, found.unknown) == (reason, False)
    assert found.code is not None
    assert found.code in text


@pytest.mark.parametrize(
    ("client", "text"),
    [
        ("okx", '{"code":"1","data":[{"sCode":"51149","sMsg":"Order timed out"}]}'),
        ("okx", '{"code":"50004","data":[]}'),
        ("bybit", '{"retCode":10016,"retMsg":"Service is restarting"}'),
        ("bybit", '{"retCode":10000,"retMsg":"Server Timeout"}'),
    ],
)
def test_a_code_by_which_a_venue_does_not_know_itself(client: str, text: str) -> None:
    assert of(ccxt.ExchangeError(f"{client} {text}"), answered(200), client).unknown


@pytest.mark.parametrize("status", [418, 429])
def test_one_request_too_many_by_its_status(status: int) -> None:
    flight = Flight(sending=True, written=True, status=status, wait=7.0)
    found = of(ccxt.ExchangeError('{"retCode":-1}'), flight, "bybit")
    assert (found.category, found.unknown, found.wait) == (Category.RATE_LIMIT, False, 7.0)


def test_the_text_has_no_secret_and_no_query() -> None:
    told = "GET https://a.b/c?apiKey=name-of-key&signature=12ab {word-of-key} secret-of-key"
    found = str(of(ccxt.RequestTimeout(told), answered(None)))
    assert "of-key" not in found
    assert "signature" not in found
    assert "https://a.b/c" in found


def test_an_error_of_the_venues_own_protocol_stays() -> None:
    own = VenueError(Category.INVALID_ORDER, "no", sent=False)
    assert of(own, answered(200)) is own
