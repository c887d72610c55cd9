"""How many passes an encoder makes over its rows, how many rows make a step, and how far it goes.

    passes(settings.encoder, rows=32)                        # 80: of two steps each
    run_of(settings, name="encoder", epochs=80, rows=32, width=384)

Few rows get smaller batches and more passes: a head that starts from random weights has learnt
nothing after eight steps. (Questions of six kinds with MiniLM, 32 rows, other questions told: 31 %
after 8 steps, 70 % after 40.)
"""

from __future__ import annotations

from chainring.training.craft.run import Run
from chainring.training.settings import EncoderSettings, TrainingSettings

PASSES = 4
PASSES_OF_TAGS = 12
"""Voice commands in Chinese, a small encoder of own text, validation: entity F1 0.842 after 4
passes, 0.863 after 12."""
MIN_STEPS = 160
MIN_STEPS_AN_EPOCH = 50
MIN_BATCH_SIZE = 16
PEAK_BY_WIDTH, MAX_PEAK = 2e-4 * 384, 2e-3
"""The peak learning rate times the width: 2e-4 was chosen for MiniLM, 384 wide; a narrow encoder
needs larger steps (G. Yang and others 2022, "Tensor Programs V"). Reviews of hotels, an encoder of
own text, 64 wide, on validation: 83.4 % at 2e-4, 85.8 % at 1e-3."""
PATIENT_SHARE = 0.25
"""Of passes that the recipe left open: so many may be no better before it stops."""


def passes(options: EncoderSettings, rows: int, *, least: int = PASSES) -> int:
    """Return the passes that the recipe asks for, or the least that make enough steps.

    >>> [passes(EncoderSettings(), rows) for rows in (8, 100, 640, 10_000)]
    [160, 23, 4, 4]
    >>> passes(EncoderSettings(epochs=2), 8)
    2
    """
    if options.epochs is not None:
        return options.epochs
    steps = -(-rows // rows_a_step(options, rows)) if rows else 1
    return max(least, -(-MIN_STEPS // steps))


def rows_a_step(options: EncoderSettings, rows: int) -> int:
    """Return the rows of a batch: fewer where an epoch would have few steps."""
    return min(options.batch_size, max(MIN_BATCH_SIZE, rows // MIN_STEPS_AN_EPOCH))


def peak(options: EncoderSettings, *, width: int) -> float:
    """Return the peak learning rate that the recipe names, or the one for the encoder's width.

    >>> [round(peak(EncoderSettings(), width=width), 6) for width in (32, 64, 384, 768)]
    [0.002, 0.0012, 0.0002, 0.0001]
    """
    if options.learning_rate is not None:
        return options.learning_rate
    return min(MAX_PEAK, PEAK_BY_WIDTH / width)


def run_of(
    settings: TrainingSettings,
    *,
    name: str,
    epochs: float,
    rows: int,
    width: int,
    whole_batches: bool = False,
) -> Run:
    """Return the run of an encoder of a width (of its states) over so many rows."""
    options = settings.encoder
    return Run(
        name=name,
        epochs=epochs,
        learning_rate=peak(options, width=width),
        batch_size=rows_a_step(options, rows),
        warmup_fraction=options.warmup_fraction,
        weight_decay=options.weight_decay,
        layer_decay=options.layer_decay,
        seed=settings.seed,
        patience=_patience(options, epochs),
        whole_batches=whole_batches,
        craft=settings.craft,
    )


def _patience(options: EncoderSettings, epochs: float) -> int:
    if options.epochs is not None:
        return options.patience
    return max(options.patience, int(PATIENT_SHARE * epochs))
