"""Tests mirror src; reference/ holds slow restatements that share no code with it."""

from beartype import BeartypeConf, beartype

# Checks types at run time in all tests (pyproject); an int will do where a float is asked.
check = beartype(conf=BeartypeConf(is_pep484_tower=True))
