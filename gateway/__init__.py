"""Where people come in: the command line, the API, the page. Each room has what its name says.

terminal    what each command of `cli.py` takes; how results and errors are shown
control     people's commands onto control.commands, each once
running     the local desk, the demo, the local exchange
watching    what a desk tells people: state, flow, orders, earnings
recorded    recordings: recorded, read, decoded, played
archive     the archive of topics, and imports into it
backtests   recordings, candles and levels through the stages of one process
reports     what came of a run, as files
proof       verify and why
research    search, generation, discovery
models      training, comparing, promoting
advice      language models asked by hand, advice read back
chaos       faults and kills, judged
server      the gateway's process: socket, doors, metrics
api         REST: routes, pages, problems
live        streams: what is now, and what changes
auth        who may what
store       the database, and the sink that fills it
history     tables of trades that others have written, for imports
jobs        backtests, replays and why, asked for by the API
client      the terminal's way to a gateway
page, web   the page: built and served; its sources
"""
