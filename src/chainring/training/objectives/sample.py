"""A GPT goes on with a text.

    sample(folder, "To be, or", characters=200, seed=0)

Each token is drawn from those that make up the likeliest `top_p` (A. Holtzman and others 2020, "The
curious case of neural text degeneration"), sharpened by the temperature.
"""

from __future__ import annotations

import json
from pathlib import Path

from chainring.contracts.errors import InputError


def sample(
    folder: Path,
    prompt: str,
    *,
    tokens: int = 100,
    seed: int = 0,
    temperature: float = 0.8,
    top_p: float = 0.9,
) -> str:
    """Return the prompt and what the model says after it, up to where it ends the text.

    Raises
    ------
    InputError
        When the folder holds no GPT that `chainring pretrain` made.
    """
    _require_gpt(folder)
    import torch
    from tokenizers import Tokenizer
    from transformers import AutoModelForCausalLM

    from chainring.training.tokenisers.special import marks_of

    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    model = AutoModelForCausalLM.from_pretrained(
        str(folder), use_safetensors=True, trust_remote_code=False
    ).eval()
    marks = marks_of(tokenizer)
    ids = [marks.start, *tokenizer.encode(prompt, add_special_tokens=False).ids]
    room = int(model.config.max_position_embeddings) - len(ids)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        made = model.generate(
            torch.tensor([ids]),
            attention_mask=torch.ones(1, len(ids), dtype=torch.long),
            max_new_tokens=max(1, min(tokens, room)),
            do_sample=True,
            temperature=temperature,
            top_p=top_p,
            top_k=0,
            eos_token_id=marks.end,
            pad_token_id=marks.pad,
        )[0].tolist()
    text: str = tokenizer.decode([one for one in made if one not in marks.special])
    return text


def _require_gpt(folder: Path) -> None:
    config = folder / "config.json"
    if (folder / "tokenizer.json").is_file() and config.is_file():
        kind = json.loads(config.read_text(encoding="utf-8")).get("model_type")
        if kind == "gpt2":
            return
        found = f"{folder} is a {kind}, which does not go on with a text"
    else:
        found = f"{folder} holds no model"
    raise InputError(
        f"{found}; make one with `chainring pretrain TEXTS --objective causal --out FOLDER`"
    )
