"""Alerts, to a real server on this machine and to none: signed, tried again, never to strangers."""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.server
import json
import logging
import sys
import threading
import time
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from chainring.contracts.case import Case
from chainring.contracts.errors import (
    ConflictError,
    InputError,
    MissingPackageError,
    NotAllowedError,
)
from chainring.deployment.alert_settings import AlertSettings
from chainring.deployment.http.logs import JsonLines
from chainring.software.api import Project
from chainring.software.serving.alerts import ALERT, Alert, Alerts, pinned_post, signed

PYPROJECT = Path(__file__).parents[3] / "pyproject.toml"
SECRET = "a secret of the receiver"
Sent = tuple[Mapping[str, str], bytes]


def configured(project: Project, url: str, **more: object) -> Project:
    settings = AlertSettings.model_validate({"url": url, **more})
    recipe = project.ring.recipe.model_copy(update={"alerts": settings})
    object.__setattr__(project.ring, "recipe", recipe)
    return project


def with_case(project: Project, *, kind: str = "drift", at: float | None = None) -> Case:
    moment = time.time() if at is None else at
    case = Case(
        id=f"case_{kind}",
        app=project.app,
        kind=kind,
        opened_by="drift under blake2b:1",
        at=moment,
        because="texts have another length",
    )
    project.ring.ledger.add_fact("case", case.id, case, about=case.opened_by)
    return case


def test_a_moment_with_nothing_to_tell_writes_nothing_and_decodes_nothing_anew(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[bytes] = []

    def post(url: str, heads: Mapping[str, str], body: bytes) -> int:
        told.append(body)
        return 200

    alerts = Alerts(configured(project, "https://hook.example/x"), post=post)
    with_case(project)
    assert alerts.send() == len(told) == 1
    assert alerts.send() == 0  # what was sent is taken up
    monkeypatch.delattr(type(project.ring.ledger), "lease")
    monkeypatch.setattr("chainring.store.newest.decode", None)
    assert alerts.send() == 0


def test_each_alert_of_a_round_carries_its_own_time_and_the_lease_is_held_on_to(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Receivers refuse what is signed minutes ago: a slow one must not age those behind it."""
    begun = time.time()
    passed = [0.0]
    monkeypatch.setattr(time, "time", lambda: begun + passed[0])
    stamps: list[int] = []

    def post(url: str, heads: Mapping[str, str], body: bytes) -> int:
        stamps.append(int(heads["webhook-timestamp"]))
        with pytest.raises(ConflictError), project.ring.ledger.lease("alerts", holder="another"):
            pass
        passed[0] += 100.0
        return 503

    kinds = ("drift", "release", "harmful")
    configured(project, "https://hook.example/x", kinds=kinds)
    for kind in kinds:
        with_case(project, kind=kind, at=begun)
    Alerts(project, post=post).send()
    assert [stamp - int(begun) for stamp in stamps] == [0, 100, 200]
    found = [project.ring.ledger.fact(ALERT, f"case_{kind}", Alert) for kind in kinds]
    waits = sorted(one.next_at - begun for one in found if one is not None)
    assert waits == pytest.approx([105.0, 205.0, 305.0])


@dataclass(slots=True)
class Hook:
    """A webhook on this machine; it answers with the statuses in turn, then 200."""

    statuses: list[int] = field(default_factory=list)
    got: list[Sent] = field(default_factory=list)
    url: str = ""
    place: str = ""
    paths: list[str] = field(default_factory=list)


@pytest.fixture
def hook() -> Iterator[Hook]:
    found = Hook()

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            found.paths.append(self.path)
            found.got.append((dict(self.headers.items()), body))
            self.send_response(found.statuses.pop(0) if found.statuses else 200)
            self.send_header("location", "http://127.0.0.1:9/elsewhere")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = http.server.HTTPServer(("127.0.0.1", 0), Handler)
    found.place = f"127.0.0.1:{server.server_port}"
    found.url = f"http://{found.place}/hook"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield found
    server.shutdown()
    server.server_close()


def test_a_case_is_told_once_signed_so_that_the_receiver_can_check_it(
    project: Project, hook: Hook, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHAINRING_ALERT_SECRET", SECRET)
    configured(project, hook.url, allow_private=(hook.place,))
    case = with_case(project)
    assert Alerts(project).send() == 1
    assert Alerts(project).send() == 0
    ((headers, body),) = hook.got
    told = json.loads(body)
    assert (told["case"], told["because"]) == (case.id, case.because)
    low = {name.lower(): value for name, value in headers.items()}
    message = f"{low['webhook-id']}.{low['webhook-timestamp']}.".encode() + body
    mark = base64.b64encode(hmac.new(SECRET.encode(), message, hashlib.sha256).digest()).decode()
    assert low["webhook-signature"] == f"v1,{mark}"


def test_a_secret_of_the_standard_s_libraries_is_read_as_they_read_it() -> None:
    # the example of the specification: github.com/standard-webhooks/standard-webhooks
    headers = signed(
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        1614265330.0,
        b'{"test": 2432232314}',
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    )
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    with pytest.raises(InputError, match="not base64"):
        signed("case_1", 1.0, b"{}", "whsec_?")


def test_what_was_not_taken_is_tried_again_later_with_the_same_id(
    project: Project, hook: Hook
) -> None:
    hook.statuses = [500, 302]
    configured(project, hook.url, allow_private=(hook.place,))
    with_case(project)
    now = time.time()
    assert Alerts(project).send(now=now) == 0
    assert Alerts(project).send(now=now + 4) == 0
    assert len(hook.got) == 1, "it rests for five seconds first"
    assert Alerts(project).send(now=now + 6) == 0
    assert Alerts(project).send(now=now + 17) == 1
    assert len({headers["webhook-id"] for headers, _ in hook.got}) == 1
    assert len(hook.got) == 3, "and no redirect was followed"


def test_it_is_given_up_after_so_many_tries_and_said_why(
    project: Project, caplog: pytest.LogCaptureFixture
) -> None:
    configured(project, "http://hook.example/", tries=3)
    case = with_case(project)

    def post(*_: object) -> int:
        raise OSError("nobody there")

    now = time.time()
    with caplog.at_level(logging.WARNING, logger="chainring"):
        for turn in range(6):
            Alerts(project, post=post).send(now=now + 1000 * turn)
    alert = project.ring.ledger.fact(ALERT, case.id, Alert)
    assert alert is not None
    assert (alert.state, alert.tries, alert.because) == ("given up", 3, "nobody there")
    last = json.loads(JsonLines().format(caplog.records[-1]))
    assert (last["event"], last["state"], last["because"]) == (
        "alert.failed",
        "given up",
        "nobody there",
    )


def test_a_receiver_that_is_away_is_waited_for_some_hours(project: Project) -> None:
    configured(project, "http://hook.example/")
    case, begun = with_case(project), time.time()
    now, alert = begun, None
    while alert is None or alert.state == "waiting":
        Alerts(project, post=lambda *_: 503).send(now=now)
        alert = project.ring.ledger.fact(ALERT, case.id, Alert)
        assert alert is not None
        assert alert.next_at > now
        now = alert.next_at
    assert alert.state == "given up"
    assert 4 * 3600 < now - begun < 12 * 3600


def test_what_a_setting_keeps_from_being_sent_waits_until_it_is_mended(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    configured(project, "http://hook.example/", tries=2)
    case, begun = with_case(project), time.time()
    monkeypatch.setenv("CHAINRING_ALERT_SECRET", "whsec_?")
    for hour in range(30):
        assert Alerts(project, post=lambda *_: 200).send(now=begun + 3600 * hour) == 0
    alert = project.ring.ledger.fact(ALERT, case.id, Alert)
    assert alert is not None
    assert (alert.state, alert.tries) == ("waiting", 0)
    assert "not base64" in alert.because
    monkeypatch.setenv("CHAINRING_ALERT_SECRET", SECRET)
    assert Alerts(project, post=lambda *_: 200).send(now=begun + 3600 * 30) == 1


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:9/", "http://169.254.169.254/latest", "http://[::ffff:10.0.0.1]/"]
)
def test_an_address_inside_is_refused_unless_it_is_named(url: str) -> None:
    with pytest.raises(NotAllowedError):
        pinned_post(AlertSettings(url=url))(url, {}, b"{}")


def test_an_address_with_chinese_letters_is_sent_as_the_network_takes_it(
    project: Project, hook: Hook
) -> None:
    configured(
        project, f"http://{hook.place}/通知?给=店 主&a=%E7%BB%99+1", allow_private=(hook.place,)
    )
    with_case(project)
    assert Alerts(project).send() == 1
    assert hook.paths == ["/%E9%80%9A%E7%9F%A5?%E7%BB%99=%E5%BA%97%20%E4%B8%BB&a=%E7%BB%99+1"]


@pytest.mark.parametrize(
    ("url", "sent"),
    [
        ("", ""),
        ("https://Hooks.Example.com", "https://hooks.example.com"),
        ("https://例子.测试:8443/a", "https://xn--fsqu00a.xn--0zwm56d:8443/a"),
        ("http://[2001:db8::1]:80/a;b=1?c#part", "http://[2001:db8::1]:80/a;b=1?c"),
        ("https://open.feishu.cn/hook/v2/~a_b-c.d", "https://open.feishu.cn/hook/v2/~a_b-c.d"),
    ],
)
def test_an_address_is_kept_as_it_is_sent(url: str, sent: str) -> None:
    assert AlertSettings(url=url).url == sent


@pytest.mark.parametrize(
    "url",
    ["http://", "https:///a", "http://a b/", "http://a:b/", "http://[::1", "ftp://a/", "a.example",
     "http://a:70000/", f"http://{'x' * 70}.example/"],
)  # fmt: skip
def test_what_is_no_address_of_a_webhook_is_refused_when_it_is_read(url: str) -> None:
    with pytest.raises(ValueError, match="no address"):
        AlertSettings(url=url)


def test_old_cases_other_kinds_and_closed_ones_are_not_told(project: Project, hook: Hook) -> None:
    configured(project, hook.url, allow_private=(hook.place,))
    with_case(project, kind="harmful")
    with_case(project, kind="release", at=time.time() - 100_000)
    case = with_case(project)
    project.close_case(case.id, outcome="seen", told="thanks", by="ann")
    assert Alerts(project).send() == 0
    assert hook.got == []


def test_of_two_servers_one_tells(project: Project, hook: Hook) -> None:
    configured(project, hook.url, allow_private=(hook.place,))
    with_case(project)
    with project.ring.ledger.lease("alerts", holder="another server"):
        assert Alerts(project).send() == 0
    assert Alerts(project).send() == 1


def test_what_a_server_is_installed_with_is_enough_to_tell(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    configured(project, "http://hook.example/")
    with_case(project)
    monkeypatch.setitem(sys.modules, "httpcore", None)
    with pytest.raises(MissingPackageError) as refused:
        Alerts(project).send()
    extras = tomllib.loads(PYPROJECT.read_text("utf-8"))["project"]["optional-dependencies"]
    assert "chainring[serve]" in str(refused.value)
    assert any(line.startswith(f"{refused.value.package}>") for line in extras["serve"])
