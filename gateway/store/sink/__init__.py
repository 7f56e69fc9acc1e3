"""Topics to tables: what a record makes (rows), how an order's rows become one (folding), and how
they are written with the places that they were read from (writing).
"""
