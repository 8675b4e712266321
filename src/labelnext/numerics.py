"""Stable maths shared by the scores."""
