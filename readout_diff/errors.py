"""What can go wrong in a way that the user can mend.

Every message is one sentence that says what is wrong and what to do about it; the command line
prints it as it is and exits with 2.
"""


class ReadoutDiffError(Exception):
    """Base of every error that this package raises on purpose."""


class InputError(ReadoutDiffError):
    """A readout, a report or a setting that can't be used as given."""


class ModelError(ReadoutDiffError):
    """An encoder or a judge that can't be loaded, or its cache that can't be written."""
