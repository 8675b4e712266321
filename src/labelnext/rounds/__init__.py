"""Room: rounds."""
