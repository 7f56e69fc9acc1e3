"""People's commands onto control.commands, and what became of them."""
