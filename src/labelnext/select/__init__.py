"""Room: select."""
