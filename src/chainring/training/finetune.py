"""An encoder is tuned on rows: probe of the frozen encoder first, then all weights.

Enter a base, rows and labels, leaves a `Tuned` encoder that answers texts and writes its folder.

    tuned = finetune(base, rows, validation, labels=labels, minutes=4, work=work, settings=settings)
    tuned.write(folder)

Axes: N rows, H width of the encoder, C labels.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save, save_file
from transformers import AutoConfig, AutoModel, set_seed

from chainring.contracts.dataset import Row
from chainring.contracts.placement import Placement
from chainring.contracts.work import Work
from chainring.store.files import write_durably
from chainring.training.base import Base
from chainring.training.budget import fit, sample
from chainring.training.craft.mapped import mapped
from chainring.training.craft.progress import Curve
from chainring.training.dropouts import DROPOUTS_OF_BERT, set_dropouts
from chainring.training.heads import Headed, collate, in_batches, items_of
from chainring.training.interpolation import HALFWAY, START, TUNED, Kept, State, keep_best
from chainring.training.passes import passes, run_of
from chainring.training.progress_sentences import progress
from chainring.training.sentences import say
from chainring.training.settings import EncoderSettings, TrainingSettings
from chainring.training.tokens import CHUNK, encode, open_tokenizer
from chainring.training.trainer import train

if TYPE_CHECKING:
    from chainring.training.candidate import Floats

RUN = "encoder"
MANY_ROWS = 50_000
"""From here on the tokens lie in files that memory maps."""
MAX_RATIO_UNWEIGHTED = 3.0
PROBE_C = 0.1
"""On standardised features; BANKING77 validation with MiniLM, all rows and ten a label: 0.01 gave
92.3 and 82.1 %, 0.1 92.6 and 83.8 %, 1 92.0 and 83.5 %."""
PROBE_FILE = "encoder-probe.safetensors"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tuned:
    """A tuned encoder with its tokeniser."""

    base: Base
    network: Headed
    tokenizer: Any
    pad: int
    max_tokens: int
    notes: tuple[str, ...]
    curve: Curve

    def logits(self, texts: Sequence[str]) -> Floats:
        """Return float32 logits of prepared texts, shape (texts, C)."""
        items = items_of(self.tokenizer, texts, segments=False)
        found: Floats = np.stack(in_batches(self.network.logits, items, pad=self.pad))
        return found

    def write(self, folder: Path) -> None:
        """Write `encoder/` and `head.safetensors`."""
        write_tuned(self.network, self.tokenizer, self.base, folder)


def finetune(
    base: Base,
    train_rows: Sequence[Row],
    validation: Sequence[Row],
    *,
    labels: Sequence[str],
    minutes: float,
    work: Work,
    settings: TrainingSettings,
) -> Tuned:
    """Return the encoder tuned on the rows, from a checkpoint in scratch if there is one."""
    options = settings.encoder
    set_seed(settings.seed)
    network = Headed(
        open_encoder(base.folder, dropout=options.dropout),
        form="one",
        classes=len(labels),
        dropout=options.dropout,
        smoothing=options.label_smoothing,
    )
    max_tokens = readable_tokens(network.encoder, options.max_tokens)
    tokenizer = open_tokenizer(base.folder, max_tokens=max_tokens)
    made = _items(train_rows, labels, tokenizer, weights=row_weights(train_rows, options))
    many = len(train_rows) >= MANY_ROWS
    items = mapped(work.scratch / f"{RUN}-tokens", made) if many else list(made)
    judged = list(_items([row for row in validation if row.label in labels], labels, tokenizer))
    fitting = fit(
        passes(options, len(items)),
        parameters=passed_parameters(network.encoder),
        tokens=sum(len(item["input_ids"]) for item in items),
        minutes=minutes,
        placement=work.placement,
    )
    pad = int(getattr(network.encoder.config, "pad_token_id", 0) or 0)
    probe(network, items, pad=pad, work=work, seed=settings.seed)
    notes, curve = [fitting.because] if fitting.because else [], []
    if fitting.epochs:
        seen = sample(items, fitting.share, seed=settings.seed)
        run = run_of(
            settings,
            name=RUN,
            epochs=fitting.epochs,
            rows=len(seen),
            width=int(network.encoder.config.hidden_size),
        )
        curve = train(network, seen, judged, run=run, collate=partial(collate, pad=pad), work=work)
        kept = keep_best(network, _probed(base, network, work=work), judged, pad=pad)
        curve = [] if kept.name == START else curve
        notes.append(_kept(kept))
    return Tuned(
        base=base,
        network=network.to("cpu").eval(),
        tokenizer=tokenizer,
        pad=pad,
        max_tokens=max_tokens,
        notes=tuple(notes),
        curve=curve,
    )


def open_encoder(folder: Path, *, dropout: float) -> Any:
    """Return the encoder of a folder in float32, its own dropouts set where it has such.

    The configuration says the same as the modules: by it is told whether attention drops.
    """
    config = AutoConfig.from_pretrained(str(folder), trust_remote_code=False)
    set_dropouts(config, dropout, names=DROPOUTS_OF_BERT)
    encoder = AutoModel.from_pretrained(
        str(folder), config=config, dtype=torch.float32, use_safetensors=True,
        trust_remote_code=False,
    )  # fmt: skip
    for module in encoder.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = dropout
    return encoder


def write_encoder(encoder: Any, tokenizer: Any, base: Base, folder: Path) -> None:
    """Write `encoder/` as AutoModel opens it, with its base's settings of the tokeniser."""
    inner = folder / "encoder"
    encoder.config._name_or_path = base.name
    encoder.save_pretrained(inner)
    tokenizer.save(str(inner / "tokenizer.json"))
    for name in ("tokenizer_config.json", "special_tokens_map.json"):
        if (base.folder / name).is_file():
            (inner / name).write_bytes((base.folder / name).read_bytes())


def write_tuned(network: Any, tokenizer: Any, base: Base, folder: Path) -> None:
    """Write `encoder/` and `head.safetensors`."""
    write_encoder(network.encoder, tokenizer, base, folder)
    head = {name: value.detach() for name, value in network.head.state_dict().items()}
    save_file(head, str(folder / "head.safetensors"))


def readable_tokens(encoder: Any, wanted: int) -> int:
    """Return how many tokens the encoder's position table can take, at most `wanted`."""
    config = encoder.config
    places = int(getattr(config, "max_position_embeddings", 0) or wanted)
    if "roberta" in str(config.model_type):  # its positions begin after the padding id
        places -= int(config.pad_token_id) + 1
    return min(wanted, places)


def passed_parameters(encoder: torch.nn.Module) -> int:
    """Return the number of weights outside the embedding tables."""
    tables: int = sum(
        module.weight.numel()
        for module in encoder.modules()
        if isinstance(module, torch.nn.Embedding)
    )
    return int(sum(weight.numel() for weight in encoder.parameters())) - tables


def row_weights(rows: Sequence[Row], options: EncoderSettings) -> list[float]:
    """Return the weight of each row's loss, with mean 1: the row's own times its class's.

    'balanced' gives every class the same sum; 'auto' goes half of that way (the square root), and
    only where the largest class has over three times the rows of the smallest: the full way costs
    accuracy on the common classes.
    """
    counts = Counter(row.label for row in rows)
    uneven = max(counts.values()) > MAX_RATIO_UNWEIGHTED * min(counts.values())
    power = {"none": 0.0, "balanced": 1.0, "auto": 0.5 if uneven else 0.0}[options.class_weights]
    return of_mean_one([row.weight * counts[row.label] ** -power for row in rows])


def of_mean_one(weights: Sequence[float]) -> list[float]:
    """Return weights of the same ratios, so that the learning rate means what it says."""
    mean = sum(weights) / len(weights)
    return [weight / mean for weight in weights]


def probe(
    network: Headed, items: Sequence[dict[str, Any]], *, pad: int, work: Work, seed: int
) -> None:
    """Set the head to a logistic regression on the frozen encoder's features.

    The head is kept in scratch, so that another try after a kill need not learn it again.
    """
    kept = work.scratch / PROBE_FILE
    if not _is_readable(kept):
        weights_ch, bias_c = _probe(network, items, pad=pad, placement=work.placement, seed=seed)
        write_durably(kept, save({"weight": weights_ch, "bias": bias_c}))
        work.say(progress("head set", name=RUN, rows=len(items)))
    network.head.load_state_dict(load_file(kept))


def _is_readable(head: Path) -> bool:
    """Whether the kept head is there, and whole: a power cut may have left it empty."""
    try:
        return bool(load_file(head))
    except (FileNotFoundError, SafetensorError):
        return False


def _probe(
    network: Headed,
    items: Sequence[dict[str, Any]],
    *,
    pad: int,
    placement: Placement,
    seed: int,
) -> tuple[torch.Tensor, torch.Tensor]:
    from sklearn.linear_model import LogisticRegression

    device = placement.device.value
    network.to(device).eval()
    with torch.autocast(device, torch.bfloat16, enabled=placement.precision.value == "bf16"):
        features_nh = np.stack(in_batches(network.states, items, pad=pad, device=device))
    centre_h, scale = features_nh.mean(axis=0), float(features_nh.std())
    model = LogisticRegression(C=PROBE_C, max_iter=300, random_state=seed)
    model.fit(
        (features_nh - centre_h) / scale,
        [item["labels"] for item in items],
        sample_weight=[item["weights"] for item in items],
    )
    weights_ch, bias_c = both_columns(model.coef_ / scale, model.intercept_)
    bias_c = bias_c - weights_ch @ centre_h
    return (
        torch.tensor(weights_ch, dtype=torch.float32).contiguous(),
        torch.tensor(bias_c, dtype=torch.float32),
    )


def _probed(base: Base, tuned: Headed, *, work: Work) -> State:
    """Return the weights of the network as it was before tuning."""
    encoder = open_encoder(base.folder, dropout=0.0)
    network = Headed(encoder, form="one", classes=tuned.classes, dropout=0.0)
    network.head.load_state_dict(load_file(work.scratch / PROBE_FILE))
    found: State = network.state_dict()
    return found


def _kept(kept: Kept) -> str:
    name = {HALFWAY: "kept halfway", TUNED: "kept tuned", START: "kept frozen"}[kept.name]
    frozen, halfway, tuned = (f"{kept.losses[one]:.3f}" for one in (START, HALFWAY, TUNED))
    return say(name, losses=say("losses", frozen=frozen, halfway=halfway, tuned=tuned))


def both_columns(weights_ch: Any, bias_c: Any) -> tuple[Any, Any]:
    """Return one row a label also where scikit-learn gives one row for two labels."""
    if len(bias_c) > 1:
        return weights_ch, bias_c
    return np.concatenate([-weights_ch, weights_ch]) / 2, np.concatenate([-bias_c, bias_c]) / 2


def _items(
    rows: Sequence[Row],
    labels: Sequence[str],
    tokenizer: Any,
    *,
    weights: Sequence[float] | None = None,
) -> Iterator[dict[str, Any]]:
    place = {label: i for i, label in enumerate(labels)}
    for start in range(0, len(rows), CHUNK):
        chunk = rows[start : start + CHUNK]
        for i, ids in enumerate(encode(tokenizer, [row.text for row in chunk])):
            weight = weights[start + i] if weights else 1.0
            yield {"input_ids": ids, "labels": place[chunk[i].label], "weights": weight}
