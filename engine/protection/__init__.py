"""The protection of one position (account, symbol) of a live account, as a pure machine.

    state = State(account, symbol)
    actions = step(state, event, settings)      # machine.step; changes the state
    at = wakes(state, settings)                 # machine.wakes: a Tick is due then at the latest
    command = command_of(action, like, expires) # commands.command_of: as it stands in the journal

The meaning is that of the simulated venue (engine.venue.protection): a position has at most one
stop and one target, as large as it is; whichever fills ends the other; the first fill of an order
brings the prices that the order names, its later fills leave those that are there; a position that
is flat, or turned around, takes both along.

The runner tells every event once and in the order in which it heard of them, and carries the
actions of a step out in their order, each as a journalled order or change of one:

| action   | what the runner does, and what it tells afterwards                                |
|----------|-----------------------------------------------------------------------------------|
| Place    | sends the order under its name: Working or Refused; later Filled, Gone, Lost      |
| Replace  | amends `name`, or cancels it and places `change` in one step: Changed, or Refused |
|          | of `change`; where no new order came for the old one, then Gone of `name`         |
| Cancel   | withdraws it: Gone (also where the venue has no such order)                       |
| CloseNow | a market order under its name: Filled, and Gone with what is left; or Refused     |
| Alarm    | tells a person                                                                    |

An effect that nobody knows (UNKNOWN) is told as nothing until the venue's word is there; the
deadline runs meanwhile. Refused is a no, Gone an end, Lost an order that the venue turns out not to
have. Quantities of orders are whole ones, as at venues: what is filled of them included.

A process that starts again loads the state (snapshot.load), finds out what became of the orders
that machine.awaited names, and then tells Started, VenueHas, PositionIs and what it found, in that
order. Without a state it begins with an empty one, tells VenueHas and PositionIs, and Found for
each of its orders at the venue. Names are derived: an action that is made again has the same one.

Times are ns of one clock, the venue's: a fill's is when it was, a position's when the venue was
asked for it. What is held is the sum of the fills; a position that says otherwise is believed once
no fill is younger than `settings.settled`, and a fill told late is not counted where it explains
what a position had said before.

What is named is at the venue, or on its way there, or watched by us (PriceIs beyond it gives
CloseNow): where the venue has no stop orders, or no reduce-only ones (spot: two orders cannot hold
the same coins, and one could sell what is not the position's). A stop that is not at the venue
within `settings.within` of the fill that asks for it, or is refused or lost twice: CloseNow. A
close is given again until the position is flat.

events    what is heard           actions   what is to be done
state     what is known           snapshot  the state as JSON values
hearing   event -> state          orders    what became of our own orders
machine   state -> actions        turn      actions of one event
commands  actions as journalled
trailing  stops that move         watching  distances to liquidation, margin
"""
