"""Tiny models in the model folder format: a linear one and a random BERT, English and Chinese."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.here import FolderTrees, HereExecutor

from chainring.contracts.model import Model
from chainring.contracts.placement import Choice, Placement
from chainring.contracts.predictor import Predictor
from chainring.contracts.work import Work
from chainring.deployment.predictors import open_predictor

LABELS = ("out_of_scope", "refund", "stock", "track_order")
TEXTS = (
    "Where is my parcel?",
    "我的包裹到哪了？",
    "I want my money back",
    "我要退款",
    "is this jacket still in stock",
    "这件外套还有货吗",
    "",
    "call me on 13912345678 about the parcel, or write to zhang@example.com",
    "请退款 " * 60,
    "物流太久了 where is it",
)


def open_for_work(
    folder: Path, *, engine: str, threads: int = 0
) -> AbstractContextManager[Predictor]:
    return open_predictor(folder, engine=engine, threads=threads)


def write_json(path: Path, content: object) -> None:
    path.write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")


def write_card(folder: Path, kind: str, /, **changes: object) -> None:
    card = {
        "format": 1,
        "kind": kind,
        "labels": list(LABELS),
        "threshold": 0.3,
        "temperature": 1.5,
        "preparation": {"redact": True, "rules": "redact.v2"},
        "max_tokens": 32,
        "pooling": "mean",
        "languages": ["en", "zh"],
    }
    write_json(folder / "model.json", card | changes)


def write_golden(folder: Path, texts: Sequence[str], probabilities: NDArray[Any]) -> None:
    rows = zip(texts, probabilities.tolist(), strict=True)
    lines = [json.dumps({"text": t, "probabilities": p}, ensure_ascii=False) for t, p in rows]
    (folder / "golden.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")


def linear_truth(folder: Path, texts: Sequence[str]) -> NDArray[np.float64]:
    """Probabilities by a dense float64 computation that shares no code with the engine."""
    from safetensors.numpy import load_file

    from chainring.text.ngrams import features
    from chainring.text.normalise import normalise
    from chainring.text.redact import redact

    card = json.loads((folder / "model.json").read_text("utf-8"))
    names = json.loads((folder / "vocabulary.json").read_text("utf-8"))
    arrays = {k: v.astype(np.float64) for k, v in load_file(folder / "linear.safetensors").items()}
    rows = []
    for text in texts:
        found = features(redact(normalise(text)).text)
        tf = np.array([found.count(name) for name in names], dtype=np.float64)
        vector = np.where(tf > 0, 1 + np.log(np.maximum(tf, 1)), 0) * arrays["idf"]
        vector /= max(float(np.sqrt((vector**2).sum())), 1e-300)
        logits = (vector @ arrays["weights"] + arrays["bias"]) / card["temperature"]
        rows.append(np.exp(logits) / np.exp(logits).sum())
    return np.array(rows)


def write_linear(folder: Path) -> Path:
    from safetensors.numpy import save_file

    from chainring.text.ngrams import features

    names = sorted({name for text in TEXTS[:6] for name in features(text)})
    draw = np.random.default_rng(7)
    arrays = {
        "idf": draw.uniform(1, 3, len(names)).astype(np.float32),
        "weights": draw.normal(0, 3, (len(names), len(LABELS))).astype(np.float32),
        "bias": draw.normal(0, 0.5, len(LABELS)).astype(np.float32),
    }
    write_card(folder, "linear")
    write_json(folder / "vocabulary.json", names)
    save_file(arrays, folder / "linear.safetensors")
    write_golden(folder, TEXTS, linear_truth(folder, TEXTS))
    return folder


@pytest.fixture(scope="session")
def linear_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_linear(tmp_path_factory.mktemp("linear"))


def write_encoder(folder: Path) -> Path:
    """A random BERT of 2 layers, 32 wide, with a WordPiece vocabulary of its own."""
    import torch
    from safetensors.torch import save_file
    from transformers import BertConfig, BertModel

    words = sorted({word for text in TEXTS for word in text.lower().split()})
    characters = sorted({c for text in TEXTS for c in text.lower() if c.strip()})
    pieces = characters + [f"##{c}" for c in characters] + words
    vocabulary = dict.fromkeys(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *pieces])
    vocabulary |= dict.fromkeys(f"[unused{n}]" for n in range(100))
    write_tokenizer(folder / "encoder", list(vocabulary))
    torch.manual_seed(3)
    config = BertConfig(
        vocab_size=len(vocabulary),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=64,
        max_position_embeddings=64,
    )
    encoder = BertModel(config, add_pooling_layer=False)
    encoder.save_pretrained(folder / "encoder")
    head = {"weight": torch.randn(len(LABELS), 32) * 2, "bias": torch.randn(len(LABELS))}
    save_file(head, folder / "head.safetensors")
    write_card(folder, "encoder")
    write_golden(folder, TEXTS, encoder_truth(folder, TEXTS)[0])
    return folder


def write_tokenizer(folder: Path, vocabulary: Sequence[str]) -> None:
    from transformers import BertTokenizerFast

    folder.mkdir()
    words = folder / "vocab.txt"
    words.write_text("\n".join(vocabulary) + "\n", encoding="utf-8")
    BertTokenizerFast(vocab_file=str(words), do_lower_case=True).save_pretrained(folder)


def encoder_truth(
    folder: Path, texts: Sequence[str]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Probabilities and embeddings by transformers, text by text, without padding."""
    import torch
    from safetensors.torch import load_file
    from transformers import AutoModel, AutoTokenizer

    from chainring.text.normalise import normalise
    from chainring.text.redact import redact

    card = json.loads((folder / "model.json").read_text("utf-8"))
    tokenizer = AutoTokenizer.from_pretrained(folder / "encoder")
    encoder = AutoModel.from_pretrained(folder / "encoder").double().eval()
    head = load_file(folder / "head.safetensors")
    rows, embeddings = [], []
    for text in texts:
        clean = redact(normalise(text)).text
        inputs = tokenizer(
            clean, truncation=True, max_length=card["max_tokens"], return_tensors="pt"
        )
        with torch.no_grad():
            embedding = encoder(**inputs).last_hidden_state[0].mean(0)
        logits = embedding @ head["weight"].double().T + head["bias"].double()
        rows.append(torch.softmax(logits / card["temperature"], -1).numpy())
        embeddings.append(embedding.numpy())
    return np.array(rows), np.array(embeddings)


@pytest.fixture(scope="session")
def encoder_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_encoder(tmp_path_factory.mktemp("encoder"))


@pytest.fixture(scope="session")
def onnx_folder(encoder_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The exact form of the encoder."""
    from chainring.deployment.forms.encoders import EXACT
    from chainring.deployment.forms.parts import Making

    folder = tmp_path_factory.mktemp("onnx")
    EXACT.write(Making(source=encoder_folder, folder=folder))
    return folder


@pytest.fixture
def placement() -> Placement:
    choice = Choice(value="1", because="tests")
    return Placement(
        device=Choice(value="cpu", because="tests"),
        precision=Choice(value="fp32", because="tests"),
        threads=choice,
        executor=Choice(value="local", because="tests"),
        instruction_sets=("avx512_bf16",),
    )


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def work(tmp_path: Path, placement: Placement, said: list[str]) -> Work:
    for name in ("trees", "scratch"):
        (tmp_path / name).mkdir()
    return Work(
        app="shop",
        trees=FolderTrees(tmp_path / "trees"),
        scratch=tmp_path / "scratch",
        secret=b"k" * 32,
        seed=0,
        placement=placement,
        executor=HereExecutor(),
        open_predictor=open_for_work,
        say=said.append,
    )


def stored(work: Work, folder: Path, kind: str) -> Model:
    """The model noun of a folder, put into the trees of `work`."""
    return Model(
        app=work.app,
        address=work.trees.put(folder, kind="model"),
        task="classification",
        kind=kind,
        part=f"{kind}.v1",
        labels=LABELS,
        languages=("en", "zh"),
        threshold=0.3,
        dataset="blake2b:data",
        training="blake2b:training",
        settings="{}",
        seed=0,
    )
