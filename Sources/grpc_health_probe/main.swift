// Replaced by the wiring.
