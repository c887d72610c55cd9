from __future__ import annotations

from pathlib import Path

import pytest

from chainring.training.bases.licences import licence


@pytest.mark.parametrize(
    ("front", "stated"),
    [
        ("license: apache-2.0", "apache-2.0"),
        ('license: "mit"', "mit"),
        ("tags:\n- zh\nlicense: Apache License 2.0\nlanguage: zh", "Apache License 2.0"),
        ("license: other\nlicense_name: field-1.0", "field-1.0"),
        ("license:\n- cc-by-4.0", "cc-by-4.0"),
        ("license: MIT, CC0-1.0", "MIT, CC0-1.0"),
        ("tags: [zh]", "unknown"),
    ],
)
def test_the_front_matter_of_the_readme_states_the_licence(
    tmp_path: Path, front: str, stated: str
) -> None:
    (tmp_path / "README.md").write_text(f"---\n{front}\n---\n# A model\nlicense: wtfpl\n")
    assert licence(tmp_path) == stated


@pytest.mark.parametrize(
    ("text", "stated"),
    [
        ("\n  Apache License\n  Version 2.0, January 2004\n", "apache-2.0"),
        ("MIT License\n\nPermission is hereby granted, free of charge, to any", "mit"),
        ("All rights reserved.", "unknown"),
    ],
)
def test_without_it_the_licence_file_is_read(tmp_path: Path, text: str, stated: str) -> None:
    (tmp_path / "README.md").write_text("# A model\n")
    (tmp_path / "LICENSE.txt").write_text(text)
    assert licence(tmp_path) == stated
