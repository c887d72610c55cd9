"""A small BERT from the project's own text, for languages that no base at hand can read.

Enter rows (labels are not looked at), leaves a base: a folder that AutoModel opens.

    base, notes = pretrain([*train, *unlabelled], work=work, settings=settings)

Masked language modelling as in J. Devlin and others 2019, "BERT", section 3.1: 15 % of the tokens
are to be told, of which 80 % are masked, 10 % replaced and 10 % left; no next-sentence task. The
vocabulary is scored at the chosen places only, which saves half of the time with a small encoder.

Axes: B batch, T tokens, K chosen tokens, H width, V vocabulary.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import nn
from transformers import BertConfig, BertModel, PreTrainedTokenizerFast, set_seed

from chainring.contracts.dataset import Row
from chainring.contracts.errors import RefusedError
from chainring.contracts.work import Work
from chainring.training.base import Base, folder_digest
from chainring.training.budget import Fit, fit, sample
from chainring.training.finetune import passed_parameters
from chainring.training.settings import TrainingSettings
from chainring.training.tokens import collate
from chainring.training.trainer import MARK, Run, train
from chainring.training.vocabulary import SPECIAL, own_tokenizer

RUN = "pretrain"
CHOSEN_SHARE, MASKED_SHARE, REPLACED_SHARE = 0.15, 0.8, 0.1
PAD, CLS, SEP, MASK = (SPECIAL.index(f"[{name}]") for name in ("PAD", "CLS", "SEP", "MASK"))
IGNORED = -100


class Masked(nn.Module):  # type: ignore[misc]  # torch is read without its types
    """An encoder that tells masked tokens; the output table is the input table."""

    def __init__(self, encoder: Any) -> None:
        super().__init__()
        self.encoder = encoder
        width, vocabulary = encoder.config.hidden_size, encoder.config.vocab_size
        self.transform = nn.Sequential(nn.Linear(width, width), nn.GELU(), nn.LayerNorm(width))
        self.bias = nn.Parameter(torch.zeros(vocabulary))

    def forward(
        self, input_ids: torch.Tensor, attention_mask: torch.Tensor, labels: torch.Tensor
    ) -> dict[str, torch.Tensor]:
        """Return the mean cross entropy over the chosen tokens."""
        hidden = self.encoder(input_ids=input_ids, attention_mask=attention_mask)
        chosen_bt = labels != IGNORED
        states_kh = self.transform(hidden.last_hidden_state[chosen_bt])
        table_vh = self.encoder.embeddings.word_embeddings.weight
        logits_kv = states_kh @ table_vh.T.to(states_kh.dtype) + self.bias
        return {"loss": nn.functional.cross_entropy(logits_kv.float(), labels[chosen_bt])}


def pretrain(
    rows: Sequence[Row], *, work: Work, settings: TrainingSettings
) -> tuple[Base, tuple[str, ...]]:
    """Return an encoder pre-trained on the texts of the rows, and notes on cuts.

    What a killed try has finished is found again in scratch.

    Raises
    ------
    RefusedError
        The texts are too few to learn a vocabulary from.
    """
    folder = work.scratch / "pretrained"
    texts = list(dict.fromkeys(row.text for row in rows))
    tokenizer = own_tokenizer(texts, size=settings.pretrain.vocabulary)
    items = _chunks(tokenizer, texts, max_tokens=settings.encoder.max_tokens)
    if not items:
        raise RefusedError("there is no text to pre-train an encoder from")
    set_seed(settings.seed)
    module = Masked(_new_encoder(tokenizer.get_vocab_size(), settings))
    fitting = _fit(module, items, work=work, settings=settings)
    if not (folder / MARK).exists():
        run = _run(settings, epochs=fitting.epochs)
        seen = sample(items, fitting.share, seed=settings.seed)
        masker = partial(masked, vocabulary=tokenizer.get_vocab_size())
        train(module, seen, (), run=run, collate=masker, work=work)
        _write(folder, module.encoder, tokenizer)
    base = Base(
        name=f"own text ({settings.pretrain.layers} layers, {settings.pretrain.hidden} wide)",
        folder=folder,
        licence=", ".join(sorted({row.licence for row in rows})),
        digest=folder_digest(folder),
    )
    return base, (f"pre-training {fitting.because}",) if fitting.because else ()


def masked(items: Sequence[dict[str, Any]], *, vocabulary: int) -> dict[str, torch.Tensor]:
    """Return a padded batch in which chosen tokens are hidden, with the hidden ones as labels."""
    batch = collate(items, pad=PAD)
    ids_bt = batch["input_ids"]
    free_bt = ids_bt >= len(SPECIAL)
    chosen_bt = (torch.rand(ids_bt.shape) < CHOSEN_SHARE) & free_bt
    if not chosen_bt.any():  # a tiny batch may have drawn none, and a mean of none is no number
        chosen_bt = free_bt
    labels_bt = torch.where(chosen_bt, ids_bt, IGNORED)
    fate_bt = torch.rand(ids_bt.shape)
    other_bt = torch.randint(len(SPECIAL), vocabulary, ids_bt.shape)
    replaced_bt = chosen_bt & (fate_bt >= MASKED_SHARE) & (fate_bt < MASKED_SHARE + REPLACED_SHARE)
    hidden_bt = torch.where(chosen_bt & (fate_bt < MASKED_SHARE), MASK, ids_bt)
    return {
        "input_ids": torch.where(replaced_bt, other_bt, hidden_bt),
        "attention_mask": batch["attention_mask"],
        "labels": labels_bt,
    }


def _chunks(tokenizer: Any, texts: Sequence[str], *, max_tokens: int) -> list[dict[str, Any]]:
    """Return all tokens of all texts; long texts are cut in pieces, none is thrown away."""
    items = []
    for found in tokenizer.encode_batch(list(texts), add_special_tokens=False):
        for start in range(0, len(found.ids), max_tokens - 2):
            ids = [CLS, *found.ids[start : start + max_tokens - 2], SEP]
            if max(ids) >= len(SPECIAL):
                items.append({"input_ids": ids})
    return items


def _new_encoder(vocabulary: int, settings: TrainingSettings) -> Any:
    options = settings.pretrain
    config = BertConfig(
        vocab_size=vocabulary,
        hidden_size=options.hidden,
        num_hidden_layers=options.layers,
        num_attention_heads=options.heads,
        intermediate_size=4 * options.hidden,
        max_position_embeddings=settings.encoder.max_tokens,
        pad_token_id=PAD,
    )
    return BertModel(config, add_pooling_layer=False)


def _fit(
    module: Masked, items: Sequence[dict[str, Any]], *, work: Work, settings: TrainingSettings
) -> Fit:
    return fit(
        settings.pretrain.epochs,
        parameters=passed_parameters(module.encoder)
        + int(CHOSEN_SHARE * module.bias.numel() * module.encoder.config.hidden_size),
        tokens=sum(len(item["input_ids"]) for item in items),
        minutes=settings.budget_minutes * settings.pretrain.budget_share,
        placement=work.placement,
    )


def _run(settings: TrainingSettings, *, epochs: int) -> Run:
    options = settings.pretrain
    return Run(
        name=RUN,
        epochs=epochs,
        learning_rate=options.learning_rate,
        batch_size=options.batch_size,
        warmup_fraction=0.1,
        weight_decay=0.01,
        seed=settings.seed,
    )


def _write(folder: Path, encoder: Any, tokenizer: Any) -> None:
    encoder.save_pretrained(folder)
    names = {f"{name.strip('[]').lower()}_token": name for name in SPECIAL}
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, **names).save_pretrained(folder)
    (folder / MARK).touch()
