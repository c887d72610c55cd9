"""Engine `ctranslate2.v1`: writes translations, completions and replies without torch.

Enters a form folder (`model.json`, `writing.json`, `ctranslate2/`, tokenisers), leaves a Predictor
whose answers have an `output`, as engine `generator.v1` does.

    with open_predictor(folder, engine="ctranslate2") as predictor:
        predictor.predict([Request(text="Two dogs are running.")])[0].output
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np

from chainring.contracts.errors import MissingPackageError
from chainring.contracts.prediction import LENGTH, STOP
from chainring.contracts.predictor import Predictor
from chainring.contracts.said import Said
from chainring.deployment.engines.batches import token_batches
from chainring.deployment.engines.decoding import steps
from chainring.deployment.engines.generator import how_to_write, writing_predictor
from chainring.deployment.engines.speaking import Speaking
from chainring.deployment.engines.written import Written
from chainring.deployment.forms.conversion import FACTS_FILE, READING, WEIGHTS_FOLDER, WRITING
from chainring.deployment.lane.writing import OPEN_TEXTS
from chainring.deployment.model_folder import (
    TOKENIZER_FILE,
    damaged,
    existing,
    read_card,
    read_json,
)
from chainring.text.chat import prompt_ids, recent

BATCH_TOKENS = 2048
SIDE_BY_SIDE = 4
"""Workers that share the threads, at most. The products of a step of decoding are too small to be
split: two workers of a thread each wrote 1.7 to 2.4 times as fast as one of two."""
UNFINISHED = "\ufffd"
"""What a part of a character looks like: the rest of it is in the next token."""
_BY_STEP = (
    "max_length", "max_decoding_length", "min_decoding_length", "no_repeat_ngram_size",
    "suppress_sequences", "end_token", "return_scores",
)  # fmt: skip


def ctranslate2_predictor(folder: Path, *, threads: int = 0) -> Predictor:
    """Return the predictor of a form folder, run by CTranslate2 with `threads` threads."""
    card = read_card(folder)
    writer = QuickWriter(folder, how_to_write(folder, card), threads=threads)
    return writing_predictor(folder, card, writer)


class QuickWriter:
    """Holds a network of CTranslate2 and its tokenisers; `write` gives texts and how sure it is."""

    def __init__(self, folder: Path, facts: Mapping[str, Any], *, threads: int = 0) -> None:
        own = read_json(folder / FACTS_FILE)
        writing = folder / WRITING / TOKENIZER_FILE
        reading = folder / READING / TOKENIZER_FILE
        self.facts, self.own, self.is_pair = facts, own, bool(own["pair"])
        self.writing = Speaking(writing, template=own["template"], marks=own["marks"])
        self.reading = (
            Speaking(reading, template=own["template"], marks=own["marks"])
            if reading.is_file()
            else self.writing
        )
        self._network, self._workers = _network(
            folder / WEIGHTS_FOLDER,
            pair=self.is_pair,
            threads=threads,
            # Beams are never heard piece by piece.
            held=OPEN_TEXTS if int(facts["beams"]) == 1 else 0,
        )
        self._how, self._open = _how(facts, own), 0

    def write(self, texts: Sequence[str]) -> list[Written]:
        """Return what is written to each prepared text, in order."""
        rows = [self._ids(text) for text in texts]
        found = zip(self._run(rows), rows, strict=True)
        return [self._written(result, read=len(row)) for result, row in found]

    def pieces(self, text: str) -> Iterator[str | Written]:
        """Yield what is written to a prepared text as it is written, greedily; last, all of it.

        Up to `OPEN_TEXTS` may be open at once, and other texts be written meanwhile.
        """
        ids, logs, said, finish = [], [], "", LENGTH
        read = self._ids(text)
        with closing(self._steps(read)) as found:
            for step in found:
                logs.append(float(step.log_prob))
                if step.token_id == self.own["end"]:
                    finish = STOP
                    break
                ids.append(int(step.token_id))
                so_far = self.writing.text(ids)
                if so_far.startswith(said) and not so_far.endswith(UNFINISHED):
                    yield so_far[len(said) :]
                    said = so_far
        whole = self.writing.text(ids)
        if len(whole) > len(said):
            yield whole[len(said) :]
        sure = float(np.exp(np.mean(logs))) if logs else 0.0
        yield Written(whole, sure, finish, len(read), len(ids))

    def likelihoods(self, asked: Sequence[tuple[str, str]]) -> list[float]:
        """Return the mean log-probability of a token of each text, its end too, after a prompt."""
        most, rows, starts = int(self.facts["max_output_tokens"]), [], []
        for prompt, text in asked:
            ids = self._ids(prompt)
            own = self.writing.ids(text)[: most - 1]
            rows.append([*ids, *own, self.own["end"]])
            starts.append(len(ids))
        call = self._network.score_batch
        scored = _in_batches(call, rows, BATCH_TOKENS, self._workers, max_input_length=0)
        return [
            float(np.mean(one.log_probs[start - 1 :]))
            for one, start in zip(scored, starts, strict=True)
        ]

    def close(self) -> None:
        """Let go of the network; it cannot be used afterwards."""
        self._network = None

    def _ids(self, text: str) -> list[int]:
        limit = int(self.facts["max_input_tokens"])
        if not self.is_pair:
            return prompt_ids(self.reading, text, limit=limit)
        return self.reading.read(recent(self.reading, text, limit=limit), limit=limit)

    def _steps(self, ids: Sequence[int]) -> Generator[Any, None, None]:
        assert self._open < OPEN_TEXTS, "whole answers would wait for a worker forever"
        self._open += 1
        try:
            how = {name: self._how[name] for name in _BY_STEP if name in self._how}
            yield from steps(self._decode, _words(ids), **how, **self._whole)
        finally:
            self._open -= 1

    def _run(self, rows: Sequence[Sequence[int]]) -> list[Any]:
        budget = BATCH_TOKENS // int(self.facts["beams"])
        return _in_batches(self._decode, rows, budget, self._workers, **self._how, **self._whole)

    @property
    def _decode(self) -> Callable[..., list[Any]]:
        network = self._network
        return network.translate_batch if self.is_pair else network.generate_batch  # type: ignore[no-any-return]

    @property
    def _whole(self) -> dict[str, Any]:
        return {"max_input_length": 0} if self.is_pair else {"include_prompt_in_result": False}

    def _written(self, result: Any, *, read: int) -> Written:
        """Return the best text and the geometric mean of the probabilities of its tokens.

        The mark of the end is not among them: one that has as many as it may lacks it.
        """
        words = result.hypotheses[0] if self.is_pair else result.sequences[0]
        text = self.writing.text([int(word) for word in words])
        finish = LENGTH if len(words) >= _longest(self.facts, self.own) else STOP
        return Written(text, float(np.exp(result.scores[0])), finish, read, len(words))


def _words(ids: Sequence[int]) -> list[str]:
    return [str(number) for number in ids]


def _in_batches(
    call: Callable[..., list[Any]],
    rows: Sequence[Sequence[int]],
    budget: int,
    workers: int,
    **how: Any,
) -> list[Any]:
    """Return what a network makes of each row, in at least a batch a worker, side by side."""
    lengths = [len(row) for row in rows]
    budget = min(budget, -(-sum(lengths) // workers))
    batches = list(token_batches(lengths, budget=budget, free_padding=budget))
    jobs = [
        call([_words(rows[place]) for place in batch], asynchronous=True, **how)
        for batch in batches
    ]
    found: list[Any] = [None] * len(rows)
    for batch, job in zip(batches, jobs, strict=True):
        for place, one in zip(batch, job, strict=True):
            found[place] = one.result()
    return found


def _how(facts: Mapping[str, Any], own: Mapping[str, Any]) -> dict[str, Any]:
    beams, pair = int(facts["beams"]), bool(own["pair"])
    most = _longest(facts, own)
    # Its own least length for pairs is 1: then nothing could never be the best answer.
    lengths = {"max_decoding_length": most, "min_decoding_length": 0}
    return {
        "beam_size": beams,
        "length_penalty": float(facts["length_penalty"]) if beams > 1 else 1.0,
        "no_repeat_ngram_size": int(facts["no_repeat_tokens"]),
        "suppress_sequences": [_words(one) for one in own["banned"]] or None,
        "end_token": str(own["end"]),
        "return_scores": True,
        **(lengths if pair else {"max_length": most}),
    }


def _longest(facts: Mapping[str, Any], own: Mapping[str, Any]) -> int:
    """Return how many tokens a text may have, the mark of its end left out."""
    return max(1, int(facts["max_output_tokens"]) - int(own["forced_end"]))


def _network(folder: Path, *, pair: bool, threads: int, held: int) -> tuple[Any, int]:
    """Return the network and how many of its workers write whole answers; `held` are beside them.

    Workers share the weights. One that is held by a text half written takes no processor.
    """
    try:
        import ctranslate2
    except ImportError as error:
        raise MissingPackageError(
            "ctranslate2",
            extra="writers",
            needed_for=Said("this form of a model that writes", zh="部署写作模型的这种形式"),
        ) from error
    existing(folder / "model.bin")
    kind = ctranslate2.Translator if pair else ctranslate2.Generator
    on_card = ctranslate2.get_cuda_device_count() > 0
    workers = 1 if on_card else max(1, min(threads, SIDE_BY_SIDE))
    try:
        network = kind(
            str(folder),
            device="cuda" if on_card else "cpu",
            intra_threads=threads // workers,
            inter_threads=workers + held,
        )
    except RuntimeError as error:
        raise damaged(folder, f"not readable by CTranslate2 ({error})") from error
    return network, workers
