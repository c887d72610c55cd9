"""A base from ModelScope by its public HTTP interface: `modelscope:owner/name`.

    fetched("iic/nlp_structbert_backbone_tiny_std", key="training.encoder.base", instead="…")

| asked                                                          | answered              |
|----------------------------------------------------------------|-----------------------|
| ``/api/v1/models/OWNER/NAME/repo/files?Revision=…&Recursive=true`` | names, sizes, SHA-256 |
| ``/api/v1/models/OWNER/NAME/repo?Revision=…&FilePath=…``           | the bytes             |

Only files at the top of the model are taken, no pickled weights and no code; each is checked by its
size and SHA-256 before it gets its name. They lie in `MODELSCOPE_CACHE`, or in the user's cache,
and are found there again when ModelScope does not answer. `MODELSCOPE_DOMAIN` names another server.
"""

from __future__ import annotations

import fnmatch
import hashlib
import json
import os
import re
from pathlib import Path
from typing import Any

from chainring.contracts.errors import InputError
from chainring.training.bases.hub import FILES

PREFIX = "modelscope:"
DOMAIN = "www.modelscope.cn"
REVISION = "master"
LISTING = ".modelscope"
TIMEOUT_S = 60.0
_ID = re.compile(r"[\w-][\w.-]*/[\w-][\w.-]*")


def fetched(name: str, *, key: str, instead: str) -> Path:
    """Return the folder with the files of `owner/name` or `owner/name@revision`.

    Raises
    ------
    InputError
        The name is none, there is no such model, or it cannot be had whole; with what to give
        `instead`.
    """
    import httpx

    model, _, revision = name.partition("@")
    if not _ID.fullmatch(model):
        raise InputError(
            f"{key}: {PREFIX}{name} is no name of a model; '{PREFIX}owner/name' is expected"
        )
    folder = cache() / model / (revision or REVISION)
    try:
        with httpx.Client(timeout=TIMEOUT_S, follow_redirects=True) as client:
            wanted = _listing(client, model, revision or REVISION)
            folder.mkdir(parents=True, exist_ok=True)
            for file in wanted:
                _fetch(client, model, file, folder)
            (folder / LISTING).write_text(json.dumps(wanted), encoding="utf-8")
    except (httpx.HTTPError, OSError, ValueError) as error:
        if not isinstance(error, InputError) and _is_whole(folder):
            return folder
        raise InputError(
            f"{key}: {PREFIX}{name} could not be had from {endpoint()} ({_cause(error)}); {instead}"
        ) from error
    return folder


def _cause(error: Exception) -> str:
    said = str(error).partition("\n")[0]
    return said if isinstance(error, InputError) else f"{type(error).__name__}: {said}"


def endpoint() -> str:
    """Return the address of the server."""
    domain = os.environ.get("MODELSCOPE_DOMAIN", DOMAIN).rstrip("/")
    return domain if "://" in domain else f"https://{domain}"


def cache() -> Path:
    """Return the folder that fetched files lie in."""
    given = os.environ.get("MODELSCOPE_CACHE")
    home = Path(os.environ.get("XDG_CACHE_HOME", "~/.cache")).expanduser()
    return (Path(given) if given else home / "chainring" / "modelscope") / "models"


def _listing(client: Any, model: str, revision: str) -> list[dict[str, Any]]:
    """Return name, size, digest and revision of each file that is wanted."""
    answer = client.get(
        f"{endpoint()}/api/v1/models/{model}/repo/files",
        params={"Revision": revision, "Recursive": "true"},
    )
    if answer.status_code == 404:
        raise InputError("there is no such model")
    answer.raise_for_status()
    told = answer.json()
    if told.get("Code") != 200:
        raise InputError(str(told.get("Message") or "the answer is no list of files"))
    return [
        {
            "name": file["Path"],
            "size": int(file["Size"]),
            "sha256": file.get("Sha256") or "",
            "revision": file.get("Revision") or revision,
        }
        for file in (told.get("Data") or {}).get("Files") or []
        if file.get("Type") == "blob" and any(fnmatch.fnmatch(file["Path"], f) for f in FILES)
        if "/" not in file["Path"] and "\\" not in file["Path"]
    ]


def _fetch(client: Any, model: str, file: dict[str, Any], folder: Path) -> None:
    """Put a file into the folder, unless it is there already."""
    path = folder / file["name"]
    if path.is_file() and _is(path, file):
        return
    part = folder / f".{file['name']}.part"
    query = {"Revision": file["revision"], "FilePath": file["name"]}
    address = f"{endpoint()}/api/v1/models/{model}/repo"
    with client.stream("GET", address, params=query) as answer, part.open("wb") as out:
        answer.raise_for_status()
        for chunk in answer.iter_bytes():
            out.write(chunk)
    if not _is(part, file):
        part.unlink()
        raise InputError(f"{file['name']} came with other bytes than the list promises; try again")
    part.replace(path)


def _is(path: Path, file: dict[str, Any]) -> bool:
    if path.stat().st_size != file["size"]:
        return False
    if not file["sha256"]:
        return True
    with path.open("rb") as opened:
        digest: str = hashlib.file_digest(opened, "sha256").hexdigest()
    return digest == str(file["sha256"])


def _is_whole(folder: Path) -> bool:
    """Return whether an earlier call has fetched everything."""
    listing = folder / LISTING
    if not listing.is_file():
        return False
    wanted = json.loads(listing.read_text("utf-8"))
    return all(
        (folder / one["name"]).is_file() and _is(folder / one["name"], one) for one in wanted
    )
