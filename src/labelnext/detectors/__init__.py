"""Room: detectors."""
