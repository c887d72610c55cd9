"""How many tokens a network has places for, and the lengths of a recipe cut down to them.

    places(network)                     # 1024 of GPT-2; None of T5 and Llama, which take any number
    options = within(settings.decoder, network)

An encoder–decoder reads in one half and writes in the other; a decoder does both in one row of
places, of which writing keeps half at most where both do not fit.
"""

from __future__ import annotations

import re
from typing import Any, TypeVar

from torch import nn

from chainring.contracts.errors import InputError
from chainring.training.generators.settings import WriterSettings
from chainring.training.sentences import say

Options = TypeVar("Options", bound=WriterSettings)
MIN_INPUT_TOKENS = 8
"""What the recipe asks of `max_input_tokens`, too."""
_TABLE = re.compile(r"(?:wpe|position_embeddings|embed_positions)$")


def places(network: nn.Module) -> int | None:
    """Return the places of the smallest table of positions; None where there is no such table.

    The tables are counted, since configurations name a length also where positions have no end.
    """
    found = (
        _usable(module)
        for name, module in network.named_modules()
        if isinstance(module, nn.Embedding) and _TABLE.search(name)
    )
    return min(found, default=None)


def within(options: Options, network: Any) -> Options:
    """Return the options with lengths that the network has places for.

    Raises
    ------
    InputError
        It has too few to read and to write at all.
    """
    read, written = options.max_input_tokens, options.max_output_tokens
    if network.config.is_encoder_decoder:
        read = min(read, places(network.get_encoder()) or read)
        written = min(written, places(network.get_decoder()) or written)
    elif (room := places(network)) is not None and read + written > room:
        written = min(written, max(room - read, room // 2))
        read = min(read, room - written)
    if read < MIN_INPUT_TOKENS:
        raise InputError(
            f"base {options.base} has places to read {read} tokens; at least {MIN_INPUT_TOKENS} "
            "are needed, and as many to write: name a base for longer texts, or none (base = '')"
        )
    return options.model_copy(update={"max_input_tokens": read, "max_output_tokens": written})


def told(asked: WriterSettings, options: WriterSettings) -> tuple[str, ...]:
    """Return a sentence on lengths that were cut; none where they stayed."""
    before = (asked.max_input_tokens, asked.max_output_tokens)
    after = (options.max_input_tokens, options.max_output_tokens)
    if after == before:
        return ()
    return (
        say(
            "few places",
            base=asked.base,
            reads=before[0],
            writes=before[1],
            read=after[0],
            written=after[1],
        ),
    )


def _usable(table: nn.Embedding) -> int:
    """Return the places of a table without those that BART and RoBERTa leave empty in front."""
    empty = getattr(table, "offset", 0)
    padding = table.padding_idx
    return int(table.num_embeddings - empty - (0 if padding is None else padding + 1))
