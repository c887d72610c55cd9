"""Runs of English words in what should be Chinese."""

from __future__ import annotations

import re
from html import unescape

SENTENCE = re.compile(r"[A-Za-z][A-Za-z'’-]*(?:[ ,;:]+[A-Za-z][A-Za-z'’-]*){2,}")
ALLOWED = re.compile(
    "|".join(
        (
            r"`[^`]*`",  # commands, addresses, names of files
            r"pip install '[^']*'",
            r"[\w.]+\.(?:v1|json|jsonl|toml|safetensors)",
            r"Apache-2\.0|CC0-1\.0|MiB|CPU",
        )
    )
)
"""What is no sentence: code, names of parts and files, licences, units."""


def english_in(text: str) -> list[str]:
    """Return runs of three and more Latin words that are no name."""
    return SENTENCE.findall(ALLOWED.sub("，", text))


def visible_in(page: str) -> str:
    """Return the text of a page, without its scripts, styles, code and tags."""
    bare = re.sub(r"<(script|style|code)\b.*?</\1>", "，", page, flags=re.DOTALL)
    return unescape(re.sub(r"<[^>]*>", "，", bare))
