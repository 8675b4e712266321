"""Room: oracles."""
