"""Checks on public data that the judge was not trained on: `python -m bench.external`."""
