"""Binance: USD-M futures and spot, over REST, WebSocket streams and the WebSocket API.

errors     codes and messages            signing    keys, timestamps, HMAC
request    parameters of a request       weights    request weights and order counts: 429, 418
filters    what an order must keep to    section    what both markets share, and their tables
usdm_*     /fapi                         spot_*     /api/v3
rest       tables as aiohttp routes      api        the WebSocket API over the same tables
streams    public streams                user       user data streams and listen keys

https://developers.binance.com/docs/derivatives/usds-margined-futures/general-info
https://developers.binance.com/docs/binance-spot-api-docs
"""
