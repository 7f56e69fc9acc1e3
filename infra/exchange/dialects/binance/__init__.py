"""Binance: USD-M futures, over REST, WebSocket streams and the WebSocket API.

errors     codes and messages            signing    keys, timestamps, HMAC
request    parameters of a request       weights    request weights and order counts: 429, 418
filters    what an order must keep to    section    what both markets share, and their tables
listening  listen keys                   shapes     rows that several ways of asking share
usdm_*     USD-M: market data, account, settings, orders; its streams and WebSocket API's methods
rest       tables as aiohttp routes      api        the WebSocket API over the same tables
wallet     /sapi, which ccxt asks by itself

https://developers.binance.com/docs/derivatives/usds-margined-futures/general-info
https://developers.binance.com/docs/binance-spot-api-docs
"""
