"""The licence that a folder states: README's front matter first, then a LICENSE file.

    licence(folder)     # 'apache-2.0'

| README.md begins with                   | licence     |
|-----------------------------------------|-------------|
| ``license: apache-2.0``                 | apache-2.0  |
| ``license: Apache License 2.0``         | Apache License 2.0 (as ModelScope writes it) |
| ``license: other``, ``license_name: x`` | x           |
"""

from __future__ import annotations

import re
from pathlib import Path

UNKNOWN = "unknown"
_FRONT = re.compile(r"\A\ufeff?---\s*\n(.*?)\n---", re.DOTALL)
_KEY = r"^{}:[ \t]*\n?[ \t]*(?:-[ \t]*)?['\"]?([^\s'\"#][^'\"#\n]*?)['\"]?[ \t]*$"
_FILES = ("LICENSE", "LICENCE", "COPYING")
_TEXTS = (
    (r"Apache License\s+Version 2\.0", "apache-2.0"),
    (r"GNU AFFERO GENERAL PUBLIC LICENSE", "agpl-3.0"),
    (r"GNU LESSER GENERAL PUBLIC LICENSE", "lgpl"),
    (r"GNU GENERAL PUBLIC LICENSE\s+Version 3", "gpl-3.0"),
    (r"Attribution-NonCommercial", "cc-by-nc"),
    (r"Attribution-ShareAlike 4\.0", "cc-by-sa-4.0"),
    (r"Attribution 4\.0 International", "cc-by-4.0"),
    (r"CC0 1\.0 Universal", "cc0-1.0"),
    (r"Permission is hereby granted, free of charge", "mit"),
    (r"Redistributions of source code must retain", "bsd"),
)


def licence(folder: Path) -> str:
    """Return the licence that the folder states, or 'unknown'."""
    return _of_readme(folder) or _of_file(folder) or UNKNOWN


def _of_readme(folder: Path) -> str:
    readme = folder / "README.md"
    front = _FRONT.match(readme.read_text("utf-8", "replace")) if readme.is_file() else None
    if front is None:
        return ""
    stated = _value(front[1], "license")
    return (_value(front[1], "license_name") or stated) if stated == "other" else stated


def _value(front: str, key: str) -> str:
    found = re.search(_KEY.format(key), front, re.MULTILINE)
    return found[1] if found else ""


def _of_file(folder: Path) -> str:
    for path in sorted(folder.iterdir()):
        if path.is_file() and path.name.upper().startswith(_FILES):
            text = path.read_text("utf-8", "replace")
            return next((name for form, name in _TEXTS if re.search(form, text)), "")
    return ""
