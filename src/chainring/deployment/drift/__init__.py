"""Drift: whether what is asked and answered now is still like what it was when a model began.

    settings   the recipe's `[drift]`
    seen       what is known of one answer
    recent     which answers count
    reference  the first answers of a model, and how unlike them a later one is
    monitors   all questions together, with one chance of a false alarm

An alarm opens a case for a person. It trains nothing, promotes nothing and stops nothing.
"""
