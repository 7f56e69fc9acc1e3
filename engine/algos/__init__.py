"""Execution styles: one order worked as several, by pure state machines above any venue.

(state, event) -> (state, child commands). An algorithm decides what to send and when; the books of
the parent order (what is filled, what is out, what may still be sent), the ids of its children, and
cancelling and changing it, are the same for all of them and kept by `hear`.

events     what a parent order hears: of its children, its market, and its person
commands   what an algorithm wishes, and what is sent for it
orders     the parent order and its children: the books
course     hear: one event's turn
algorithm  the protocol; a new style is one more file with a class that has it
iceberg    a visible part at a time
catalogue  a command's style as its algorithm      saving  a parent order as JSON values

Whatever an algorithm wishes: filled and outstanding together never grow beyond the parent's
quantity, a child's id follows from the parent's and a count, and nothing but the events matters. So
after a restart the same events send the same commands under the same ids.

Prices are integers of 10^-20 quote, quantities of 10^-18 base (or contracts), times ns.
"""
