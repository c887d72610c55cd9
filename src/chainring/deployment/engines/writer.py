"""Writes texts with a network of transformers: greedily or by beam search, in batches of tokens.

Imports torch and transformers: load it only where the training extra is at hand.
Axes: B texts of a batch, T tokens read, W tokens written, V vocabulary.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from transformers import (
    AutoConfig,
    AutoModelForCausalLM,
    AutoModelForSeq2SeqLM,
    AutoTokenizer,
    GenerationConfig,
)

from chainring.contracts.prediction import LENGTH, STOP
from chainring.deployment.engines.batches import token_batches
from chainring.deployment.engines.encoder_module import quiet
from chainring.deployment.engines.speaking import without_blanks
from chainring.deployment.engines.written import Written
from chainring.deployment.model_folder import damaged, existing
from chainring.text.chat import prompt_ids, recent

BATCH_TOKENS = 1024


class Writer:
    """Holds a network and its tokenisers; `write` gives texts and how sure it is."""

    def __init__(self, folder: Path, facts: Mapping[str, Any], *, threads: int = 0) -> None:
        if threads:
            torch.set_num_threads(threads)
        self.facts = facts
        inner, reading = folder / "writer", folder / "reading"
        with quiet():
            self.network = open_network(inner)
            self.writing = AutoTokenizer.from_pretrained(str(inner), trust_remote_code=False)
            self.reading = (
                AutoTokenizer.from_pretrained(str(reading), trust_remote_code=False)
                if reading.is_dir()
                else self.writing
            )
        self.is_pair = bool(self.network.config.is_encoder_decoder)
        self.how = _how(self.network, facts, pad=self.writing.pad_token_id)
        if torch.cuda.is_available():
            self.network.to("cuda")

    def write(self, texts: Sequence[str]) -> list[Written]:
        """Return what is written to each prepared text, in order."""
        rows = [self._ids(text) for text in texts]
        found = [Written("", 0.0, STOP)] * len(rows)
        budget = max(1, BATCH_TOKENS // int(self.facts["beams"])) * 2
        for batch in token_batches([len(row) for row in rows], budget=budget):
            for place, written in zip(batch, self._batch([rows[i] for i in batch]), strict=True):
                found[place] = written
        return found

    def likelihoods(self, asked: Sequence[tuple[str, str]]) -> list[float]:
        """Return the mean log-probability of a token of each text, its end too, after a prompt."""
        found = []
        most, end = int(self.facts["max_output_tokens"]), [self.writing.eos_token_id]
        for prompt, text in asked:
            ids = self._ids(prompt)
            own = self.writing(text, add_special_tokens=False)["input_ids"][: most - 1] + end
            with torch.inference_mode():
                whole_1t = torch.tensor([ids + own], device=self.network.device)
                logits_tv = self.network(input_ids=whole_1t).logits[0, len(ids) - 1 : -1].float()
            chosen_w = logits_tv.log_softmax(-1).gather(1, whole_1t[0, len(ids) :, None])
            found.append(float(chosen_w.mean()))
        return found

    def close(self) -> None:
        """Let go of the network; it cannot be used afterwards."""
        self.network = None

    def _ids(self, text: str) -> list[int]:
        limit = int(self.facts["max_input_tokens"])
        if not self.is_pair:
            return prompt_ids(self.reading, text, limit=limit)
        kept = recent(self.reading, text, limit=limit)
        ids: list[int] = self.reading(kept, truncation=True, max_length=limit)["input_ids"]
        return ids

    def _batch(self, rows: Sequence[Sequence[int]]) -> list[Written]:
        ids_bt, mask_bt = self._padded(rows)
        with torch.inference_mode():
            out_bw = self.network.generate(
                input_ids=ids_bt, attention_mask=mask_bt, generation_config=self.how
            )
            sure_b = self._sure(ids_bt, mask_bt, out_bw)
        read_b = [len(row) for row in rows]
        written_bw = out_bw[:, 1:] if self.is_pair else out_bw[:, ids_bt.shape[1] :]
        texts = self.writing.batch_decode(written_bw, skip_special_tokens=True)
        own_b = self._own(written_bw).sum(1)
        columns = (sure_b.tolist(), self._ended(written_bw).tolist(), read_b, own_b.tolist())
        return [
            Written(self._said(text), sure, STOP if ended else LENGTH, read, own)
            for text, sure, ended, read, own in zip(texts, *columns, strict=True)
        ]

    def _said(self, text: str) -> str:
        known = getattr(self.writing, "backend_tokenizer", None)  # one in Python alone has none
        return text.strip() if known is None else without_blanks(text.strip(), known)

    def _ended(self, written_bw: Any) -> Any:
        """Return whether each text ended by itself, shape (B,).

        Some networks are made to write the mark of the end as their last token, whatever they
        would say: that mark does not count.
        """
        ends, forced = self.how.eos_token_id, self.network.generation_config.forced_eos_token_id
        own = self.how.max_new_tokens - (forced is not None)
        marks = [] if ends is None else torch.as_tensor(ends).flatten().tolist()
        marks_e = torch.tensor(marks, dtype=torch.long, device=written_bw.device)
        return torch.isin(written_bw[:, :own], marks_e).any(1)

    def _own(self, written_bw: Any) -> Any:
        """Return 1 for each token of its own that a text has, 0 from the mark of its end on."""
        end, pad = self.writing.eos_token_id, self.writing.pad_token_id
        return _up_to_end(written_bw, end, pad).long() * (written_bw != end)

    def _sure(self, ids_bt: Any, mask_bt: Any, out_bw: Any) -> Any:
        """Return the geometric mean of the probabilities of the written tokens, shape (B,)."""
        if self.is_pair:
            fed = {"input_ids": ids_bt, "attention_mask": mask_bt}
            logits_bwv = self.network(**fed, decoder_input_ids=out_bw[:, :-1]).logits
            targets_bw = out_bw[:, 1:]
        else:
            start = ids_bt.shape[1]
            ones_bw = torch.ones_like(out_bw[:, start:])
            whole_bt = torch.cat([mask_bt, ones_bw], dim=1)
            places_bt = (whole_bt.cumsum(-1) - 1).clamp(min=0)
            fed = {"input_ids": out_bw, "attention_mask": whole_bt}
            logits = self.network(**fed, position_ids=places_bt).logits
            logits_bwv, targets_bw = logits[:, start - 1 : -1], out_bw[:, start:]
        if not targets_bw.shape[1]:
            return torch.ones(len(out_bw))
        chosen_bw = logits_bwv.float().log_softmax(-1).gather(2, targets_bw[..., None])[..., 0]
        counts_bw = _up_to_end(targets_bw, self.writing.eos_token_id, self.writing.pad_token_id)
        return ((chosen_bw * counts_bw).sum(1) / counts_bw.sum(1).clamp(min=1)).exp()

    def _padded(self, rows: Sequence[Sequence[int]]) -> tuple[Any, Any]:
        """Return ids and mask; a decoder has its padding in front, where nothing is written."""
        width, pad = max(len(row) for row in rows), self.reading.pad_token_id or 0
        ids_bt = torch.full((len(rows), width), pad)
        mask_bt = torch.zeros_like(ids_bt)
        for b, row in enumerate(rows):
            span = slice(0, len(row)) if self.is_pair else slice(width - len(row), width)
            ids_bt[b, span] = torch.tensor(row)
            mask_bt[b, span] = 1
        device = self.network.device
        return ids_bt.to(device), mask_bt.to(device)


def open_network(folder: Path) -> Any:
    """Return the network of a folder in float32; raise DamagedError where weights are missing."""
    existing(folder / "model.safetensors")
    config = AutoConfig.from_pretrained(str(folder), trust_remote_code=False)
    family = AutoModelForSeq2SeqLM if config.is_encoder_decoder else AutoModelForCausalLM
    network, found = family.from_pretrained(
        str(folder),
        local_files_only=True,
        use_safetensors=True,
        trust_remote_code=False,
        dtype=torch.float32,
        output_loading_info=True,
    )
    if found["missing_keys"]:  # transformers would draw them at random and only warn
        missing = ", ".join(sorted(found["missing_keys"]))
        raise damaged(folder, f"weights are missing: {missing}")
    return network.eval()


def _how(network: Any, facts: Mapping[str, Any], *, pad: int) -> GenerationConfig:
    known: GenerationConfig = network.generation_config
    beams = int(facts["beams"])
    return GenerationConfig(
        max_new_tokens=int(facts["max_output_tokens"]),
        num_beams=beams,
        do_sample=False,
        length_penalty=float(facts["length_penalty"]) if beams > 1 else None,
        early_stopping=beams > 1 or None,
        no_repeat_ngram_size=int(facts["no_repeat_tokens"]),
        bos_token_id=known.bos_token_id,
        eos_token_id=known.eos_token_id,
        pad_token_id=known.pad_token_id if known.pad_token_id is not None else pad,
        decoder_start_token_id=known.decoder_start_token_id,
        forced_bos_token_id=known.forced_bos_token_id,
        bad_words_ids=known.bad_words_ids,
    )


def _up_to_end(targets_bw: Any, end: int | None, pad: int | None) -> Any:
    """Return 1 for each token up to the first mark of the end, that included, else 0."""
    ended_bw = (targets_bw == end).long()
    before_bw = ended_bw.cumsum(1) - ended_bw
    return ((before_bw == 0) & ((targets_bw != pad) | (targets_bw == end))).float()
