"""The gate: whether the challenger may take the champion's place.

Enter the outcomes of two models on the same rows, leaves a verdict and a page that anybody can
read. `docs/benchmarks/gate.md` shows that it neither promotes noise nor misses real gains.

    settings     what a recipe can say about it
    verdict      the step: reads two evaluations, asks `judge`
    judge        the pure core: outcomes in, verdict out
    first        a first turn: against the majority class
    pairs        the same rows, twice
    comparing    which test, and its value
    slices       labels, languages, sources and groups, after Holm
    reacted      rows that users reacted to: the fix rate, and when they may join with weights
    deciding     the second look: what a person says where the two models differ
    conditions   each condition of promotion
    limits       parity, size and speed of the form that will be served
    sentences    what the gate says, in English and Chinese
    readable     a verdict as a page
"""
