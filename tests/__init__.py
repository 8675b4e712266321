"""Tests; the tree mirrors src, and reference/ holds slow restatements that share no code with it."""
