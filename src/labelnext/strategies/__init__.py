"""Strategies by name: a score, what to keep of each image for selection, and a way to choose.

docs/strategies.md lists them with their arguments. `composed` holds the class that all are made of.
"""
