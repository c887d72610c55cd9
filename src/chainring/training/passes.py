"""How many passes an encoder makes over its rows, and how many rows make a step.

    passes(settings.encoder, rows=32)                        # 80: of two steps each
    run_of(settings, name="encoder", epochs=80, rows=32)

Few rows get smaller batches and more passes: a head that starts from random weights has learnt
nothing after eight steps. (Questions of six kinds with MiniLM, 32 rows, other questions told: 31 %
after 8 steps, 70 % after 40.)
"""

from __future__ import annotations

from chainring.training.craft.run import Run
from chainring.training.settings import EncoderSettings, TrainingSettings

PASSES = 4
MIN_STEPS = 160
MIN_STEPS_AN_EPOCH = 50
MIN_BATCH_SIZE = 16
PATIENT_SHARE = 0.25
"""Of passes that the recipe left open: so many may be no better before it stops."""


def passes(options: EncoderSettings, rows: int) -> int:
    """Return the passes that the recipe asks for, or those that make enough steps.

    >>> [passes(EncoderSettings(), rows) for rows in (8, 100, 640, 10_000)]
    [160, 23, 4, 4]
    >>> passes(EncoderSettings(epochs=2), 8)
    2
    """
    if options.epochs is not None:
        return options.epochs
    steps = -(-rows // rows_a_step(options, rows)) if rows else 1
    return max(PASSES, -(-MIN_STEPS // steps))


def rows_a_step(options: EncoderSettings, rows: int) -> int:
    """Return the rows of a batch: fewer where an epoch would have few steps."""
    return min(options.batch_size, max(MIN_BATCH_SIZE, rows // MIN_STEPS_AN_EPOCH))


def run_of(
    settings: TrainingSettings, *, name: str, epochs: int, rows: int, whole_batches: bool = False
) -> Run:
    """Return the run of an encoder over so many rows."""
    options = settings.encoder
    return Run(
        name=name,
        epochs=epochs,
        learning_rate=options.learning_rate,
        batch_size=rows_a_step(options, rows),
        warmup_fraction=options.warmup_fraction,
        weight_decay=options.weight_decay,
        layer_decay=options.layer_decay,
        seed=settings.seed,
        patience=_patience(options, epochs),
        whole_batches=whole_batches,
        craft=settings.craft,
    )


def _patience(options: EncoderSettings, epochs: int) -> int:
    if options.epochs is not None:
        return options.patience
    return max(options.patience, int(PATIENT_SHARE * epochs))
