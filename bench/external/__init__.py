"""Checks on parts of public data that training never saw: `python -m bench.external`."""
