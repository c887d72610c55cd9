"""Engine `generator.v1`: writes translations, completions and replies with transformers.

Enters a folder with `model.json` and `writer/`, leaves a Predictor whose answers have an `output`.
How sure an answer is: the geometric mean of the probabilities of its tokens.

    with open_predictor(folder, engine="generator") as predictor:
        predictor.predict([Request(text="Two dogs are running.")])[0].output
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from chainring.contracts.errors import InputError, MissingPackageError
from chainring.contracts.prediction import Answer
from chainring.contracts.predictor import Predictor, PredictSettings
from chainring.contracts.request import Request
from chainring.contracts.said import Said
from chainring.contracts.values import Input
from chainring.deployment.engines.written import Written
from chainring.deployment.model_folder import (
    TOKENIZER_FILE,
    Card,
    Floats,
    damaged,
    existing,
    is_reader,
    read_card,
)
from chainring.text.chat import is_own_template
from chainring.text.prepare import prepare

DEFAULT = PredictSettings()
WRITER_FOLDER = "writer"
HOW = {
    "max_input_tokens": int,
    "max_output_tokens": int,
    "beams": int,
    "length_penalty": float,
    "no_repeat_tokens": int,
}


def generator_predictor(folder: Path, *, threads: int = 0) -> Predictor:
    """Return the predictor of a model that writes; `threads` above 0 is set process-wide."""
    try:
        from chainring.deployment.engines.answering import answering_predictor
        from chainring.deployment.engines.span_module import torch_score
        from chainring.deployment.engines.writer import Writer
    except ImportError as error:
        raise MissingPackageError(
            "transformers",
            extra="train",
            needed_for=Said("serving a model that writes", zh="部署写作模型"),
        ) from error
    card = read_card(folder)
    if is_reader(card):
        return answering_predictor(
            folder,
            tokenizer=folder / "encoder" / TOKENIZER_FILE,
            score=torch_score(folder, threads=threads),
        )
    facts = how_to_write(folder, card)
    for name in ("config.json", "model.safetensors", "tokenizer_config.json"):
        existing(folder / WRITER_FOLDER / name)
    return writing_predictor(folder, card, Writer(folder, facts, threads=threads))


def writing_predictor(folder: Path, card: Card, writer: Any) -> Predictor:
    """Return the predictor of a writer, which reads passages where its card says so."""
    from chainring.deployment.engines.worded import FACTS, worded_predictor

    if FACTS in card.facts:
        return worded_predictor(folder, card, writer)
    return GeneratorPredictor(card, writer)


def how_to_write(folder: Path, card: Card) -> dict[str, Any]:
    """Return what `model.json` says of how this model writes."""
    facts = card.facts.get("generator")
    if not isinstance(facts, dict):
        raise damaged(folder / "model.json", "generator is missing")
    wrong = [name for name, kind in HOW.items() if not isinstance(facts.get(name), int | kind)]
    if wrong:
        raise damaged(folder / "model.json", f"generator.{wrong[0]} is not a number")
    return facts


def _reads_conversations(writer: Any) -> bool:
    """Whether the base of a writer was taught conversations, in a form of its own."""
    template = None if writer.is_pair else writer.writing.chat_template
    return template is not None and not is_own_template(template)


class GeneratorPredictor:
    """A loaded writer behind the Predictor contract."""

    labels: tuple[str, ...] = ()

    def __init__(self, card: Card, writer: Any) -> None:
        self.card, self.threshold, self._writer = card, card.threshold, writer
        greedy = int(writer.facts["beams"]) == 1
        self.capabilities = frozenset(
            (["stream"] if greedy and hasattr(writer, "pieces") else [])
            + ([] if writer.is_pair else ["prefer"])
            + (["converse"] if _reads_conversations(writer) else [])
        )

    def predict(
        self, requests: Sequence[Request], *, settings: PredictSettings = DEFAULT
    ) -> list[Answer]:
        """Return one answer a request, in order."""
        texts = [self._prepared(request.text) for request in requests]
        written = self._writer.write(texts) if texts else []
        return [self._answer(text, said) for text, said in zip(texts, written, strict=True)]

    def stream(
        self, request: Request, *, settings: PredictSettings = DEFAULT
    ) -> Iterator[str | Answer]:
        """Yield an answer piece by piece as it is written, and last the whole; `stream` only."""
        text = self._prepared(request.text)
        for piece in self._writer.pieces(text):
            yield piece if isinstance(piece, str) else self._answer(text, piece)

    def probabilities(self, texts: Sequence[Input]) -> Floats:
        """Raise InputError: what is written has no labels to choose among."""
        raise InputError("a model that writes gives no probabilities of labels; ask it to predict")

    def likelihoods(self, asked: Sequence[tuple[str, str]]) -> list[float]:
        """Return the mean log-probability of a token of each text after its prompt."""
        prepared = [(self._prepared(prompt), self._prepared(text)) for prompt, text in asked]
        found: list[float] = self._writer.likelihoods(prepared)
        return found

    def close(self) -> None:
        """Let go of the network."""
        self._writer.close()

    def _answer(self, text: str, said: Written) -> Answer:
        return Answer(
            label="",
            confidence=said.sure,
            passed_on=said.sure < self.threshold or not said.text.strip(),
            text=text,
            output=said.text,
            finish=said.finish,
            read_tokens=said.read_tokens,
            written_tokens=said.written_tokens,
        )

    def _prepared(self, text: str) -> str:
        return prepare(text, redacted=self.card.redact, rules=self.card.rules)
