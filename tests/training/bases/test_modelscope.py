from __future__ import annotations

from pathlib import Path

import pytest
from tests.training.bases.conftest import MODEL, Hub

from chainring.contracts.errors import InputError
from chainring.training.base import find_base


@pytest.fixture(autouse=True)
def here(hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MODELSCOPE_DOMAIN", hub.address)
    monkeypatch.setenv("MODELSCOPE_CACHE", str(tmp_path / "cache"))


def test_a_modelscope_name_is_fetched_without_pickled_weights_or_code(
    hub: Hub, tiny_base: Path
) -> None:
    base = find_base(f"modelscope:{MODEL}")
    assert base.digest == find_base(str(tiny_base)).digest
    assert base.licence == "mit"
    fetched = {path.name for path in base.folder.iterdir() if not path.name.startswith(".")}
    assert fetched == set(hub.names()) - {"pytorch_model.bin", "modeling_mine.py"}
    assert not any("code" in asked for asked in hub.asked)


def test_what_was_fetched_is_not_fetched_again_and_serves_without_the_hub(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = find_base(f"modelscope:{MODEL}")
    asked = len(hub.asked)
    assert find_base(f"modelscope:{MODEL}") == first
    assert len(hub.asked) == asked + 1  # the list alone
    monkeypatch.setenv("MODELSCOPE_DOMAIN", "http://127.0.0.1:9")
    assert find_base(f"modelscope:{MODEL}") == first


def test_bytes_that_the_list_does_not_promise_are_refused(hub: Hub) -> None:
    hub.wrong["model.safetensors"] = (hub.folder / "model.safetensors").read_bytes()[:-1] + b"x"
    with pytest.raises(InputError, match=r"model\.safetensors came with other bytes"):
        find_base(f"modelscope:{MODEL}")
    hub.wrong.clear()
    assert find_base(f"modelscope:{MODEL}").licence == "mit"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("nobody/nothing", "there is no such model"),
        ("no-owner", "owner/name"),
        ("../../etc", "owner/name"),
    ],
)
def test_a_name_that_is_not_there_says_what_to_give_instead(name: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        find_base(f"modelscope:{name}")


def test_a_server_that_does_not_answer_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MODELSCOPE_DOMAIN", "http://127.0.0.1:9")
    with pytest.raises(InputError, match=r"127\.0\.0\.1:9.*minilm"):
        find_base(f"modelscope:{MODEL}")
