"""How the tables came to be, step by step: two rooms, each with one line of steps.

desk: what the sink writes. people: what people made. A new step is a file rNNNN_what_it_does.py
that names the last one of its room as `down_revision`; nothing that was released is changed.
"""
