"""Keys as a project keeps them: changed side by side, rotated again, and made by other keys."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.software.conftest import copy, invoke, opened

from chainring.contracts.errors import InputError, NotAllowedError
from chainring.deployment.http.privileges import KeyWish
from chainring.deployment.http.verbs import Caller
from chainring.software.api import Project
from chainring.software.serving.service import Service
from chainring.store import schema
from chainring.trust.access import rotated


@pytest.fixture
def shop(untouched: Path, tmp_path: Path) -> Iterator[Project]:
    with opened(copy(untouched, tmp_path / "shop")) as project:
        yield project


def test_a_key_that_is_revoked_while_it_is_rotated_stays_revoked(
    shop: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, key = shop.make_key("ask", "web shop")
    revoking = threading.Thread(target=shop.revoke_key, args=(key.id,))

    def slow(*args: Any, **more: Any) -> Any:
        revoking.start()
        revoking.join(0.3)
        return rotated(*args, **more)

    monkeypatch.setattr("chainring.software.verbs.keys.rotated", slow)
    _, fresh = shop.rotate_key(key.id)
    revoking.join(30)
    assert {one.id: one.revoked for one in shop.keys()} == {key.id: True, fresh.id: False}


def test_a_key_that_was_rotated_is_not_rotated_again_but_the_last_one_is(shop: Project) -> None:
    _, key = shop.make_key("ask", "web shop")
    _, second = shop.rotate_key(key.id, grace_hours=0.001)
    _, third = shop.rotate_key(second.id)
    assert (second.expires, third.expires) == (None, None)
    for earlier in (key, second):
        with pytest.raises(InputError, match=f"rotated already.* {third.id}"):
            shop.rotate_key(earlier.id)
    assert len(shop.keys()) == 3


def test_the_audit_names_the_key_that_acted_and_not_only_its_name(shop: Project) -> None:
    secret, key = shop.make_key("admin", "ann")
    shop.make_key("admin", "ann")
    service = Service(shop, open_to_all=False)
    caller = service.authenticate(secret, "127.0.0.1")
    made = service.issue_key(KeyWish(role="ask", name="web shop"), caller=caller)
    act, *_, by_owner = service.acts(limit=10, caller=caller)
    assert (act.who, act.key, act.about) == ("ann", key.id, made.key.id)
    assert by_owner.key == ""
    shown = invoke("audit", "-p", str(shop.folder))
    assert f"ann (admin, key {key.id})" in shown.output


def test_who_reads_the_keys_or_the_audit_over_http_is_in_the_audit(shop: Project) -> None:
    secret, key = shop.make_key("admin", "ann")
    service = Service(shop, open_to_all=False)
    caller = service.authenticate(secret, "127.0.0.1")
    assert [one.id for one in service.list_keys(caller=caller)] == [key.id]
    service.acts(limit=10, caller=caller)
    kept = [
        (one.verb, one.action, one.key, one.rows) for one in service.acts(limit=2, caller=caller)
    ]
    assert kept == [("audit", "read", key.id, 0), ("keys", "read", key.id, 0)]  # no text was given


NARROW: dict[str, Any] = {"only": ("keys", "predict"), "days": 2.0, "per_minute": 60, "per_day": 9}
WITHIN: dict[str, Any] = {"only": ("predict",), "days": 1.0, "per_minute": 60, "per_day": 9}


@pytest.mark.parametrize(
    ("wish", "cause"),
    [
        ({"role": "admin", "only": ()}, "audit"),
        ({"role": "ask", "only": ()}, "why"),
        ({"role": "ask", "only": ("predict", "why")}, "why"),
        ({"role": "ask", "days": None}, "days"),
        ({"role": "ask", "days": 3.0}, "days"),
        ({"role": "ask", "per_minute": 0}, "per_minute"),
        ({"role": "ask", "per_day": 10}, "per_day"),
    ],
)
def test_a_key_makes_none_that_reaches_more_or_lives_longer_than_itself(
    shop: Project, wish: dict[str, Any], cause: str
) -> None:
    secret, _ = shop.make_key("admin", "narrow", **NARROW)
    service = Service(shop, open_to_all=False)
    caller = service.authenticate(secret, "127.0.0.1")
    asked = KeyWish(**{"name": "wide", **WITHIN, **wish})
    with pytest.raises(NotAllowedError, match=rf"{cause}.*chainring keys"):
        service.issue_key(asked, caller=caller)
    assert len(shop.keys()) == 1
    made = service.issue_key(KeyWish(role="ask", name="till", **WITHIN), caller=caller)
    assert service.rotate_key(made.key.id, grace_hours=1, caller=caller).key.only == ("predict",)


def test_a_key_gets_no_secret_of_one_that_reaches_more_or_lives_longer(shop: Project) -> None:
    secret, narrow = shop.make_key("admin", "narrow", **NARROW)
    _, wide = shop.make_key("operate", "ann")
    service = Service(shop, open_to_all=False)
    caller = service.authenticate(secret, "127.0.0.1")
    before = shop.keys()
    with pytest.raises(NotAllowedError, match="does not reach backup"):
        service.rotate_key(wide.id, grace_hours=1, caller=caller)
    with pytest.raises(NotAllowedError, match="days"):
        service.rotate_key(narrow.id, grace_hours=1, caller=caller)
    assert shop.keys() == before


def test_an_admin_key_without_bounds_makes_any_key(shop: Project) -> None:
    secret, key = shop.make_key("admin", "ann")
    service = Service(shop, open_to_all=False)
    caller = service.authenticate(secret, "127.0.0.1")
    assert service.issue_key(KeyWish(role="admin", name="bo"), caller=caller).key.only == ()
    assert service.rotate_key(key.id, grace_hours=1, caller=caller).key.expires is None


RULES = """
[[access.rules]]
who = ["Ann", "analyst*"]
action = "read"
allow = true
[[access.rules]]
who = "o*"
action = "read"
allow = true
[[access.rules]]
action = "read"
allow = false
"""


@pytest.fixture
def ruled(untouched: Path, tmp_path: Path) -> Iterator[Project]:
    folder = copy(untouched, tmp_path / "ruled")
    recipe = folder / "chainring.toml"
    recipe.write_text(recipe.read_text(encoding="utf-8") + RULES, encoding="utf-8")
    with opened(folder) as project:
        yield project


def test_a_key_makes_and_rotates_none_whose_name_the_rules_allow_more(ruled: Project) -> None:
    secret, _ = ruled.make_key("admin", "boss")
    _, ann = ruled.make_key("operate", "ann")
    own, _ = ruled.make_key("admin", "analyst 1")
    service = Service(ruled, open_to_all=False)
    caller = service.authenticate(secret, "127.0.0.1")
    for role, name in (("operate", " ＡＮＮ"), ("annotate", "analyst 2"), ("annotate", "otto")):
        with pytest.raises(NotAllowedError, match=r"rule [12] .*chainring keys"):
            service.issue_key(KeyWish(role=role, name=name), caller=caller)
    with pytest.raises(NotAllowedError, match="rule 1 "):
        service.rotate_key(ann.id, grace_hours=1, caller=caller)
    assert len(ruled.keys()) == 3
    for name in ("otto", "bo", "Owner"):  # the role operate fits o* by itself
        service.issue_key(KeyWish(role="operate", name=name), caller=caller)
    caller = service.authenticate(own, "127.0.0.1")
    service.issue_key(KeyWish(role="operate", name="analyst 3"), caller=caller)


def test_a_running_server_whose_keys_are_lost_lets_nobody_in(shop: Project) -> None:
    service = Service(shop, open_to_all=True)
    assert service.authenticate(None, "127.0.0.1").role == "admin"
    service.issue_key(KeyWish(role="admin", name="ann"), caller=_LOCAL)
    keys = schema.facts.c.kind == "key"
    with shop.ring.ledger.engine.begin() as connection:
        connection.execute(schema.facts.delete().where(keys))
    service._renew_keys()
    assert shop.keys() == []
    with pytest.raises(NotAllowedError):
        service.authenticate(None, "127.0.0.1")


_LOCAL = Caller(role="admin", name="local")
