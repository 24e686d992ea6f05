"""`python -m readout_diff` is `readout-diff`."""

from readout_diff.cli import run

run()
