"""Candidate biencoder.v1: each text is embedded for itself, and pairs are told by both embeddings.

Enters rows of pairs, leaves a folder like that of encoder.v1, whose `head.safetensors` reads the
features of two embeddings (`chainring.stats.likeness`). Because an embedding does not hang on the
other text, its form can also search: `embed` once, compare a million times.

    trained = biencoder(train, validation, unlabelled=(), labels=labels, ..., task="matching")

Which label says that two texts go together is told by the base itself: it is that of the likest
pairs.

Axes: N rows, H width of the encoder, C labels, F features of a pair.

See Also
--------
chainring.training.encoder : reads both texts at once, which tells pairs better and cannot search.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from chainring.contracts.dataset import Row, Task
from chainring.contracts.errors import InputError, RefusedError
from chainring.contracts.tasks import TASKS
from chainring.contracts.values import Input
from chainring.contracts.work import Work
from chainring.stats.likeness import pair_features, unit
from chainring.training.candidate import Trained
from chainring.training.craft.progress import Curve, write_curves
from chainring.training.encoder import chosen_base, cut_told, require_packages
from chainring.training.sentences import say
from chainring.training.settings import TrainingSettings

if TYPE_CHECKING:
    from chainring.training.candidate import Floats

RUN = "biencoder"
HEAD_C = 10.0


def biencoder(
    train: Sequence[Row],
    validation: Sequence[Row],
    *,
    unlabelled: Sequence[Row],
    labels: Sequence[str],
    work: Work,
    settings: TrainingSettings,
    task: Task = "classification",
) -> Trained:
    """Tune an encoder on pairs; validation rows tell when to stop, and no more.

    Raises
    ------
    InputError
        All rows carry one label.
    RefusedError
        The task does not compare two texts by one label, or the recipe accumulates batches.
    """
    facts = TASKS[task]
    if "pair" not in facts.needs or facts.form != "one":
        raise RefusedError(say("cannot compare", task=task))
    if settings.craft.accumulation > 1:
        raise RefusedError(
            "training.craft.accumulation: its loss compares all rows of a step, which are held in "
            f"memory at once, so {settings.craft.accumulation} batches save nothing; leave it at 1 "
            "and set training.encoder.batch_size"
        )
    found = sorted({row.label for row in train})
    if len(found) < 2:
        said = f"{found[0]!r} alone" if found else "no rows"
        raise InputError(
            f"biencoder.v1: pairs of at least two labels expected; found {said}; add pairs of "
            "another label (`chainring review`)"
        )
    require_packages(say("candidate", part="biencoder.v1"))
    from chainring.training.objectives.folder import curves_of
    from chainring.training.trainer import prepare_torch

    started = time.process_time()
    prepare_torch(work.placement)
    base, minutes, because = chosen_base(train, unlabelled, work=work, settings=settings)
    tower = _Tower(base, settings)
    together, middle = tower.likest(train)
    tower.network.part_at(middle)
    note, curve = tower.tune(
        train, validation, together, minutes=minutes, work=work, settings=settings
    )
    folder = work.folder("biencoder")
    weight_cf, bias_c = _head(tower, train, labels, seed=settings.seed)
    tower.write(folder, weight_cf, bias_c)
    write_curves(folder, {**curves_of(base, work=work), RUN: curve})

    def logits(texts: Sequence[Input]) -> Floats:
        pairs = [text if isinstance(text, tuple) else (text, "") for text in texts]
        found: Floats = tower.features(pairs) @ weight_cf.T + bias_c
        return found

    return Trained(
        folder=folder,
        kind="biencoder",
        logits=logits,
        max_tokens=tower.max_tokens,
        ancestors=(base.ancestor,),
        cpu_s=time.process_time() - started,
        notes=(*because, *note),
        limits=cut_told(
            tower.tokenizer,
            [text for row in train for text in (row.text, row.pair)],
            max_tokens=tower.max_tokens,
            settings=settings,
            work=work,
        ),
    )


class _Tower:
    """The encoder with its tokeniser."""

    def __init__(self, base: Any, settings: TrainingSettings) -> None:
        import torch

        from chainring.training.finetune import open_encoder, readable_tokens
        from chainring.training.tokens import open_tokenizer
        from chainring.training.towers import Towers

        torch.manual_seed(settings.seed)
        encoder = open_encoder(base.folder, dropout=settings.encoder.dropout)
        self.base = base
        self.max_tokens = readable_tokens(encoder, settings.encoder.max_tokens)
        self.tokenizer = open_tokenizer(base.folder, max_tokens=self.max_tokens)
        self.pad = int(getattr(encoder.config, "pad_token_id", 0) or 0)
        self.network = Towers(encoder).eval()

    def embed(self, texts: Sequence[str], *, device: str = "cpu") -> Floats:
        """Return embeddings of shape (N, H), each text computed once."""
        import numpy as np

        from chainring.training.heads import in_batches, items_of

        unique = list(dict.fromkeys(texts))
        place = {text: i for i, text in enumerate(unique)}
        items = items_of(self.tokenizer, unique, segments=False)
        table = np.stack(in_batches(self.network.embed, items, pad=self.pad, device=device))
        result: Floats = table[[place[text] for text in texts]]
        return result

    def features(self, pairs: Sequence[tuple[str, str]], *, device: str = "cpu") -> Floats:
        """Return the features of pairs, shape (N, F)."""
        count = len(pairs)
        both = self.embed([p[0] for p in pairs] + [p[1] for p in pairs], device=device)
        return pair_features(both[:count], both[count:])

    def likest(self, rows: Sequence[Row]) -> tuple[str, float]:
        """Return the label whose pairs are most alike to the base, and where it parts from others.

        That is the cosine half way between the mean of its pairs and the mean of all others.
        """
        import numpy as np

        count = len(rows)
        both = unit(self.embed([row.text for row in rows] + [row.pair for row in rows]))
        cosines_n = (both[:count] * both[count:]).sum(axis=1)
        label_n = np.array([row.label for row in rows])
        label = max(sorted(set(label_n)), key=lambda one: cosines_n[label_n == one].mean())
        own_n = label_n == label
        middle = (cosines_n[own_n].mean() + cosines_n[~own_n].mean()) / 2
        return str(label), float(middle)

    def tune(
        self,
        train_rows: Sequence[Row],
        validation: Sequence[Row],
        together: str,
        *,
        minutes: float,
        work: Work,
        settings: TrainingSettings,
    ) -> tuple[tuple[str, ...], Curve]:
        """Tune on pairs; return what was cut to fit the budget, if anything, and the curve."""
        from chainring.training.budget import fit, sample
        from chainring.training.finetune import passed_parameters
        from chainring.training.passes import passes, run_of
        from chainring.training.towers import collate_pairs
        from chainring.training.trainer import train

        items = self._items(train_rows, together)
        fitting = fit(
            passes(settings.encoder, len(items)),
            parameters=passed_parameters(self.network.encoder),
            tokens=sum(len(item["input_ids"]) + len(item["pair_ids"]) for item in items),
            minutes=minutes,
            placement=work.placement,
        )
        if not fitting.epochs:
            return (), []
        seen = sample(items, fitting.share, seed=settings.seed)
        run = run_of(
            settings,
            name=RUN,
            epochs=fitting.epochs,
            rows=len(seen),
            width=int(self.network.encoder.config.hidden_size),
            whole_batches=True,
        )
        collate = partial(collate_pairs, pad=self.pad)
        judge = partial(self._judge, rows=validation, together=together) if validation else None
        curve = train(self.network, seen, (), run=run, collate=collate, work=work, judge=judge)
        self.network.to("cpu").eval()
        return (fitting.because,) if fitting.because else (), curve

    def _items(self, rows: Sequence[Row], together: str) -> list[dict[str, Any]]:
        from chainring.training.finetune import of_mean_one

        firsts = self.tokenizer.encode_batch([row.text for row in rows])
        seconds = self.tokenizer.encode_batch([row.pair for row in rows])
        first_number = _numbers([row.text for row in rows])
        second_number = _numbers([row.pair for row in rows])
        return [
            {
                "input_ids": first.ids,
                "pair_ids": second.ids,
                "together": row.label == together,
                "text": first_number[row.text],
                "second": second_number[row.pair],
                "weights": weight,
            }
            for row, first, second, weight in zip(
                rows, firsts, seconds, of_mean_one([row.weight for row in rows]), strict=True
            )
        ]

    def _judge(self, network: Any, *, rows: Sequence[Row], together: str) -> dict[str, float]:
        """Return the best share that one cut of the cosine tells, and the logistic loss."""
        import numpy as np

        from chainring.training.towers import SCALE

        device = str(next(network.parameters()).device)
        cosines_n = self.features([(row.text, row.pair) for row in rows], device=device)[:, 0]
        true_n = np.array([row.label == together for row in rows])
        cuts = np.unique(cosines_n)
        logits_n = SCALE * (cosines_n - float(network.middle.detach()))
        return {
            "accuracy": max(float(((cosines_n >= cut) == true_n).mean()) for cut in cuts),
            "loss": float(np.logaddexp(0.0, np.where(true_n, -logits_n, logits_n)).mean()),
        }

    def write(self, folder: Any, weight_cf: Floats, bias_c: Floats) -> None:
        """Write `encoder/` and `head.safetensors`."""
        from safetensors.numpy import save_file

        from chainring.training.finetune import write_encoder

        write_encoder(self.network.encoder, self.tokenizer, self.base, folder)
        save_file({"weight": weight_cf, "bias": bias_c}, str(folder / "head.safetensors"))


def _numbers(texts: Sequence[str]) -> dict[str, int]:
    return {text: i for i, text in enumerate(dict.fromkeys(texts))}


def _head(
    tower: _Tower, rows: Sequence[Row], labels: Sequence[str], *, seed: int
) -> tuple[Floats, Floats]:
    """Return a logistic regression on the features of the training pairs."""
    import numpy as np
    from sklearn.linear_model import LogisticRegression

    from chainring.training.finetune import both_columns

    place = {label: i for i, label in enumerate(labels)}
    model = LogisticRegression(C=HEAD_C, max_iter=500, random_state=seed)
    model.fit(
        tower.features([(row.text, row.pair) for row in rows]),
        [place[row.label] for row in rows],
        sample_weight=[row.weight for row in rows],
    )
    weight_cf, bias_c = both_columns(model.coef_, model.intercept_)
    return np.ascontiguousarray(weight_cf, dtype=np.float32), np.asarray(bias_c, dtype=np.float32)
