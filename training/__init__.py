"""The scripts that make what is in readout_diff/models, reproducible from ../shared."""
