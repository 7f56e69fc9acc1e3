"""What the tests of all venues ask of HTX."""

from __future__ import annotations

import gzip
from typing import Any

import ccxt.pro
import orjson

NAME = "htx"

RECORDINGS: dict[str, dict[str, int]] = {
    "HUOBI.ws.44.0.gz": {"frames": 362, "control": 26, "trade": 73, "book": 292},
    "HUOBI_SWAP.ws.1.0.gz": {"frames": 1296, "control": 16, "trade": 8, "book": 1274},
    "HUOBI_SWAP.ws.2.0.gz": {"frames": 1617, "control": 16, "trade": 17, "book": 1588},
}
REFUSED: dict[str, dict[str, int]] = {}
"""Frames that are refused, by recording and reason."""

SAMPLES: tuple[str | bytes, ...] = (
    '{"ch":"market.btcusdt.trade.detail","ts":1630994963175,"tick":{"id":137005445109,"ts":'
    '1630994963173,"data":[{"id":137005445109359290000000000,"ts":1630994963173,"tradeId":'
    '102523573486,"amount":0.006754,"price":52648.62,"direction":"buy"},{"id":1.3700544510935929E26'
    ',"ts":1630994963174,"tradeId":102523573487,"amount":1.0E-5,"price":52648,"direction":"sell"}'
    "]}}",
    '{"ch":"market.BTC-USDT.trade.detail","ts":1603708208346,"tick":{"id":131602265,"ts":'
    '1603708208335,"data":[{"amount":2,"ts":1603708208335,"id":1316022650000,"price":13073.3,'
    '"direction":"buy","quantity":0.002,"trade_turnover":26.334}]}}',
    '{"ch":"market.btcusdt.bbo","ts":1630994555540,"tick":{"seqId":137005210233,"ask":52665.02,'
    '"askSize":1.502181,"bid":52665.01,"bidSize":0.178567,"quoteTime":1630994555539,"symbol":'
    '"btcusdt"}}',
    '{"ch":"market.BTC-USDT.bbo","ts":1603707934525,"tick":{"mrid":131599726,"id":1603707934,"bid":'
    '[13064,38],"ask":[13072.3,205],"ts":1603707934525,"version":131599726,"ch":'
    '"market.BTC-USDT.bbo"}}',
    '{"ch":"market.btcusdt.ticker","ts":1630982370526,"tick":{"open":51732,"high":52785.64,"low":'
    '51000,"close":52735.63,"amount":13259.24,"vol":687640987.41,"count":448737,"bid":52732.88,'
    '"bidSize":0.036,"ask":52732.89,"askSize":0.583653,"lastPrice":52735.63,"lastSize":0.03}}',
    '{"ch":"market.btcusdt.depth.step0","ts":1630983549503,"tick":{"bids":[[52690.69,0.36281],'
    '[52690.68,0.2]],"asks":[[52690.7,0.372591]],"version":136998124622,"ts":1630983549500}}',
    '{"ch":"market.BTC-USDT.depth.step6","ts":1603707576468,"tick":{"mrid":131596447,"id":'
    '1603707576,"bids":[[13071.9,38],[13068,5]],"asks":[[13081.9,197]],"ts":1603707576467,'
    '"version":1603707576,"ch":"market.BTC-USDT.depth.step6"}}',
    '{"ch":"market.btcusdt.mbp.refresh.20","ts":1573199608679,"tick":{"seqNum":100020142010,'
    '"bids":[[618.37,71.594]],"asks":[[650.59,14.909733438479636]]}}',
    '{"ch":"market.btcusdt.mbp.5","ts":1573199608679,"tick":{"seqNum":100020146795,"prevSeqNum":'
    '100020146794,"asks":[[645.14,26.75597395914065]]}}',
    '{"id":"book 1","rep":"market.btcusdt.mbp.150","status":"ok","ts":1698359289261,"data":{'
    '"seqNum":104999417756,"bids":[[9058.27,0.1]],"asks":[[9084.27,0.2],[9085.69,4.0E7]]}}',
    '{"ch":"market.BTC-USDT.depth.size_20.high_freq","tick":{"asks":[[13081.9,206],[13099.7,371]],'
    '"bids":[[13071.9,38]],"ch":"market.BTC-USDT.depth.size_20.high_freq","event":"snapshot","id":'
    '131597620,"mrid":131597620,"ts":1603707712356,"version":1512467},"ts":1603707712357}',
    '{"ch":"market.BTC-USD.depth.size_150.high_freq","tick":{"asks":[],"bids":[[43444.48,0]],"ch":'
    '"market.BTC-USD.depth.size_150.high_freq","event":"update","id":152727500274,"mrid":'
    '152727500274,"ts":1645023376098,"version":1512468},"ts":1645023376098}',
    '{"ch":"market.BTC-USDT.mark_price.1min","ts":1489474082831,"tick":{"vol":"0","close":'
    '"9800.12","count":"0","high":"9800.12","id":1529898780,"low":"9800.12","open":"9800.12"}}',
    '{"op":"notify","topic":"public.BTC-USDT.funding_rate","ts":1603778748166,"data":[{"symbol":'
    '"BTC","contract_code":"BTC-USDT","fee_asset":"USDT","funding_time":"1603778700000",'
    '"funding_rate":"-0.000220068774978695","settlement_time":"1603785600000","estimated_rate":'
    '"null"}]}',
    '{"op":"notify","topic":"public.ETH-USDT.liquidation_orders","ts":1789670297217,"data":[{'
    '"symbol":"ETH","contract_code":"ETH-USDT","direction":"buy","offset":"close","volume":500,'
    '"price":2446.26,"created_at":1789670297212,"amount":5,"trade_turnover":12231.3,'
    '"contract_type":"swap","pair":"ETH-USDT","business_type":"swap","trade_partition":"USDT"}]}',
    '{"code":200,"message":"Success","data":{"amount":"32476.092","volume":"32476092","value":'
    '"2063137924.9668","contract_code":"BTC-USDT"},"ts":1781327941440}',
    '{"status":"ok","data":[{"volume":518018.000000000000000000,"amount":2769.675777407074725180,'
    '"symbol":"BTC","contract_code":"BTC-USD"}],"ts":1664337226028}',
    '{"status":"ok","data":{"estimated_rate":null,"funding_rate":"0.000100000000000000",'
    '"contract_code":"BTC-USD","symbol":"BTC","fee_asset":"BTC","funding_time":"1781280000000",'
    '"next_funding_time":null},"ts":1781254404101}',
    '{"id":"1","subbed":"market.ATOM-USD.trade.detail","ts":1645289384874,"status":"ok"}',
    '{"ping":1645289389619}',
    '{"op":"ping","ts":"1492420473058"}',
    gzip.compress(b'{"ping":1645289389619}', mtime=0),
)
"""One frame of each kind: of the docs, of gocryptotrader's fixtures and of ccxt; one as packed."""

SPOT, LINEAR = "huobi.spot.2025-05-08.json.gz", "huobi.linear_swap.2025-05-07.json.gz"
INSTRUMENTS = (SPOT, LINEAR)
"""Lists in infra/recordings/venues/instruments."""
LISTED = {SPOT: 1900, LINEAR: 200}
NOT_BY_FORM: dict[str, dict[str, tuple[str | None, str]]] = {
    SPOT: {
        "akrobtc": ("AKRO/BTC", "KAON/BTC"),
        "akroht": ("AKRO/HT", "KAON/HT"),
        "akrohusd": ("AKRO/HUSD", "KAON/HUSD"),
        "cvcoineth": ("CVCOIN/ETH", "CVNX/ETH"),
        "hotbtc": ("HOT/BTC", "HYDRO/BTC"),
        "hoteth": ("HOT/ETH", "HYDRO/ETH"),
        "lunabtc": ("LUNA/BTC", "LUNC/BTC"),
        "lunaht": ("LUNA/HT", "LUNC/HT"),
        "lunaust": ("LUNA/UST", "LUNC/USTC"),
        "maticeth": ("MATIC/ETH", "POL/ETH"),
        "maticusdc": ("MATIC/USDC", "POL/USDC"),
        "maticusdd": ("MATIC/USDD", "POL/USDD"),
        "mirust": ("MIR/UST", "MIR/USTC"),
        "mtlbtc": ("MTL/BTC", "MTLOLD/BTC"),
        "newbtc": ("NEW/BTC", "AB/BTC"),
        "newht": ("NEW/HT", "AB/HT"),
    }
}
"""Names whose form alone says nothing, or another symbol than the list does: coins renamed since
the name was given."""
NOTICES: dict[str, dict[str, int]] = {
    "HUOBI.ws.44.0.gz": {"stale": 4},
    "HUOBI_SWAP.ws.1.0.gz": {"stale": 1},
    "HUOBI_SWAP.ws.2.0.gz": {"gap": 1},
}
"""Notices that `tapeline decode` adds, by recording; the gap is in bars: a subscription first tells
the last trade, however old."""


def unpacked(content: bytes) -> bytes:
    """What a frame of bytes holds."""
    return gzip.decompress(content)


def theirs() -> Any:
    """ccxt's reader."""
    return ccxt.pro.htx()


def their_symbols(rows: list[dict[str, Any]]) -> dict[str, str]:
    """ccxt's symbols by the venue's names; ccxt itself names spot by its currencies of today."""
    exchange, spot = ccxt.htx(), "base-currency" in rows[0]
    answer = orjson.loads(orjson.dumps({"data": rows}))
    exchange.spotPublicGetV1CommonSymbols = lambda *given: answer
    exchange.contractPublicGetLinearSwapApiV1SwapContractInfo = lambda *given: answer
    kind = ("spot", None) if spot else ("swap", "linear")
    found = exchange.fetch_markets_by_type_and_sub_type(*kind)
    if spot:
        return {each["info"]["symbol"]: each["symbol"] for each in found}
    return {each["id"]: each["symbol"] for each in found}


WITH_CCXT: dict[str, str] = {}
"""ccxt.pro has no books of the recorded channel: see tests/unit/test_feeds_htx.py."""
CURRENT: dict[str, tuple[str, ...]] = {
    "wss://api.hbdm.com/linear-swap-ws": (
        str(SAMPLES[1]),
        str(SAMPLES[10]),
        '{"ch":"market.BTC-USDT.depth.size_20.high_freq","tick":{"asks":[[13081.9,0],[13082.5,7]],'
        '"bids":[[13071.9,8],[13070.5,1]],"ch":"market.BTC-USDT.depth.size_20.high_freq","event":'
        '"update","id":131597621,"mrid":131597621,"ts":1603707712456,"version":1512468},"ts":'
        "1603707712457}",
    ),
}
"""Frames in today's format, by the address that ccxt would have them from."""
DIFFERENCES: dict[str, Any] = {}
"""By field: (our event, our value, ccxt's) -> why they differ, None where they must not."""
UNLIKE: dict[str, dict[str, int]] = {}
"""How often ccxt's differ for which reason, by recording."""
BOOKS_COMPARED: dict[str, int] = {}
"""Books that can be compared, where these are not all."""
