"""Binance: USD-M futures and spot, over REST, WebSocket streams and the WebSocket API.

errors     codes and messages            signing      keys, timestamps, HMAC
request    parameters of a request       weights      request weights and order counts: 429, 418
filters    what an order must keep to    section      what markets share, and their tables
listening  listen keys                   ordering     what of requests about orders is alike
rest       tables as aiohttp routes      api          the WebSocket API over the same tables
shapes     rows that are alike           market_data  market data that is alike
streams    connections, names, clock     events       messages that are alike
usdm       USD-M as one; usdm_*: market data, account, settings, orders, streams, events, methods
spot       spot as one; spot_*: as well, its filters, wishes, cancelReplace and user data
wallet     /sapi, and inverse: /dapi, which ccxt asks by itself

https://developers.binance.com/docs/derivatives/usds-margined-futures/general-info
https://developers.binance.com/docs/binance-spot-api-docs
"""
