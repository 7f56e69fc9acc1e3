"""How values are found. Pure: no broker, network, clock or randomness; (state, event) -> events."""
