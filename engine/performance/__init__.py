"""How good trading was, and how sure that is: figures of an equity curve and of its fills."""
