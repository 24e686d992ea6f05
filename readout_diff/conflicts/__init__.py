"""Where two matched claims can't both be right: `detect` finds, one module a kind of evidence."""
