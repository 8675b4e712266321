"""Strategies by name: a pixel score, an aggregation and a selection."""
