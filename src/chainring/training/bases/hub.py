"""A base from the Hugging Face hub, or from the mirror that `HF_ENDPOINT` names.

Files that were fetched before are taken from the cache, also when the hub does not answer.
"""

from __future__ import annotations

from pathlib import Path

from chainring.contracts.errors import InputError

FILES = (
    "*.json", "*.safetensors", "*.txt", "*.model", "README.md", "LICENSE", "LICENSE.md", "LICENCE",
    "LICENCE.md", "COPYING",
)  # fmt: skip
"""No pickled weights, no code."""


def fetched(name: str, *, key: str, instead: str) -> Path:
    """Return the folder with the files of a hub id.

    Raises
    ------
    InputError
        There is no such id, or it cannot be had now; the message says what to give `instead`.
    """
    import httpx
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError

    try:
        return Path(snapshot_download(name, allow_patterns=list(FILES)))
    except (OSError, httpx.HTTPError, HfHubHTTPError, HFValidationError) as error:
        raise InputError(
            f"{key}: {name!r} could not be had from the hub "
            f"({type(error).__name__}: {str(error).splitlines()[0]}); where the hub cannot be "
            f"reached, HF_ENDPOINT may name a mirror; else {instead}"
        ) from error
