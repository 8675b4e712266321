"""Room: aggregate."""
