"""Pure functions on outcomes: intervals, paired tests, calibration and their charts.

Nothing here reads a file, a clock or a global: the same numbers in give the same numbers out, and
whatever draws at random takes a `seed`. Importing a module of this room loads no numpy; the few
functions that need it import it when called, so that an unchanged turn stays quick.

    intervals       how sure is one share or one mean
    paired          is the challenger better than the champion on the same rows
    multiple        the same question asked of many slices
    calibration     does a confidence of 0.8 mean right eight times in ten
    classification  which labels are taken for which
    charts          SVG for pages and reports
"""
