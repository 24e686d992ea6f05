"""A folder of meetings -> comparisons, and what they add up to.

    from readout_diff.batch.run import compare_folder

    outcome = compare_folder("meetings", "out", jobs=2)

`pairing` and `manifest` say which files meet, `run` has them compared by worker processes (`pool`)
or a cluster (`cluster`), each of which does what `work` says; `records` is what is kept of each
comparison, `summary` and `pages` what becomes of all of them.
"""
