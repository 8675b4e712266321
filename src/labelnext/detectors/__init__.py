"""Detectors: one package or file each, behind the protocols; imported when they are used."""
