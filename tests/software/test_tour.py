"""The tour: its pieces on the small project; whole (slow); and with shuffled corrections (slow)."""

from __future__ import annotations

import random
import re
import subprocess
import sys
from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from tests.litter import littered
from tests.software.conftest import ALONE, KEPT, opened

from chainring.contracts.dataset import OUT_OF_SCOPE
from chainring.feedback.holdout import kept_to_decide
from chainring.ring.turn import Turn
from chainring.software import tour
from chainring.software.api import Project
from chainring.software.tour import Asked, Client

WHOLE_S = 1500.0


def asked(truth: str, label: str, *, passed_on: bool = False) -> Asked:
    return Asked(
        id="pred_1", text="hi", truth=truth, label=label, passed_on=passed_on, wording="plain"
    )


def reactions(one: Asked, count: int = 4000) -> list[dict[str, Any] | None]:
    dice = random.Random(1)
    return [tour.reaction_to(one, list(KEPT), dice) for _ in range(count)]


def test_a_fresh_folder_is_the_one_asked_for_or_the_next_number(tmp_path: Path) -> None:
    place = tmp_path / "support"
    assert tour.fresh(place) == place
    place.mkdir()
    assert tour.fresh(littered(place)) == place, "an empty folder is free"
    (place / "file").touch()
    assert tour.fresh(place) == tmp_path / "support-2"
    (tmp_path / "support-2").mkdir()
    (tmp_path / "support-2" / "file").touch()
    assert tour.fresh(place) == tmp_path / "support-3"


def test_a_line_that_is_cut_says_so() -> None:
    assert tour.cut("short") == "short"
    assert tour.cut("包裹" * 75) == "包裹" * 75
    assert tour.cut("a text " * 40) == "a text " * 21 + "a…"


def test_an_answer_to_a_text_of_no_label_is_right_when_it_is_passed_on() -> None:
    assert asked(OUT_OF_SCOPE, "stock", passed_on=True).right
    assert not asked(OUT_OF_SCOPE, "stock").right
    assert asked("stock", "stock").right
    assert not asked("stock", "invoice").right


def test_half_of_the_right_answers_are_confirmed_and_none_is_corrected() -> None:
    kinds = Counter(None if one is None else one["kind"] for one in reactions(asked("a", "a")))
    assert set(kinds) == {None, "confirmation"}
    assert kinds["confirmation"] == pytest.approx(2000, abs=4 * 32)  # four standard deviations


def test_wrong_answers_are_corrected_and_a_few_of_them_wrongly() -> None:
    given = [one["value"] for one in reactions(asked("stock", "invoice")) if one is not None]
    assert len(given) == 4000
    wrong = sum(value != "stock" for value in given)
    assert wrong == pytest.approx(4000 * tour.WRONG_CORRECTIONS, abs=4 * 11)


def test_users_ask_in_both_languages_in_an_order_that_is_fixed(turned: Path) -> None:
    rows = tour.later(turned)
    assert rows == tour.later(turned)
    assert {row["label"] for row in rows} <= set(KEPT)
    chinese = [any("\u4e00" <= c <= "\u9fff" for c in row["text"]) for row in rows]
    assert 0.4 < sum(chinese[: len(rows) // 2]) / (len(rows) // 2) < 0.6


def test_simulated_users_ask_and_react_over_http_and_a_reviewer_tells_the_truth(
    shop: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in ALONE.items():
        monkeypatch.setenv(name, value)
    with opened(shop) as project:
        secret = {role: project.make_key(role, role)[0] for role in ("ask", "operate")}
        with tour.served(project) as port, closing(Client(port, secret)) as client:
            done = tour.replay(client, tour.later(shop)[:80])
            reviewed = tour.review(client, {one.id: one.truth for one in done})
        traffic = project.ring.traffic
        assert {one.id for one in traffic.predictions()} == {one.id for one in done}
        held = list(traffic.predictions(holdout=True))
        kept = kept_to_decide(held, sampled=(), size=len(held), secret=project.secret, share=0.5)
        sampled = {one.id for one in held} - {one.id for one in kept}
        assert reviewed == len(sampled) > 0
        truth = {one.id: one.truth for one in done}
        said = {row.prediction: row for row in traffic.feedback()}
        wrong = {one.id for one in done if not one.right}
        assert {name for name, row in said.items() if row.kind == "correction"} == wrong
        assert {row.consent for row in said.values()} == {"training"}
        told = {name: project.why(name)["reviewed"][0]["label"] for name in sampled}
        assert told == {name: truth[name] for name in sampled}
    assert f"{len(wrong)} corrections" in capsys.readouterr().out


def test_a_server_that_does_not_start_is_told(shop: Path) -> None:
    ended = subprocess.Popen([sys.executable, "-c", "pass"])
    ended.wait()
    with pytest.raises(RuntimeError, match=r"see server\.log"):
        tour.wait_ready(1, ended)


def run_tour(folder: Path, *, code: str) -> str:
    """Run the tour in a process of its own; return what it printed."""
    done = subprocess.run(
        [sys.executable, "-c", code, str(folder)],
        env={**ALONE, "OMP_NUM_THREADS": "2"},
        capture_output=True,
        text=True,
        timeout=WHOLE_S,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


AS_SHIPPED = """
import runpy, sys
runpy.run_module("chainring.software.tour", run_name="__main__", alter_sys=True)
"""

SHUFFLED = """
import random, sys
from pathlib import Path
from chainring.software import tour

real = tour.reaction_to
values = []

def shuffled(asked, labels, dice):
    found = real(asked, labels, dice)
    if found is None or found["kind"] != "correction":
        return None  # a confirmation says something true, which a model may well be promoted for
    values.append(found["value"])
    return found | {"value": pool[len(values) % len(pool)]}

pool = []
kept = tour.replay

def replay(client, rows):
    pool.extend(row["label"] for row in rows)
    random.Random(7).shuffle(pool)
    return kept(client, rows)

tour.reaction_to, tour.replay = shuffled, replay
tour.main(Path(sys.argv[1]))
"""


def outcomes(folder: Path) -> list[tuple[str, int]]:
    """Return the outcome of each turn, and how many versions of the champion there are."""
    project = Project.open(folder)
    try:
        versions = len(project.ring.ledger.ref_history("champion"))
        return [(turn.outcome, versions) for turn in project.ring.ledger.facts("turn", Turn)]
    finally:
        project.close()


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_the_tour_ends_with_a_second_model_that_was_promoted(tmp_path: Path) -> None:
    said = run_tour(tmp_path / "support", code=AS_SHIPPED)
    first, *between, last = outcomes(tmp_path / "support")
    assert (first, last) == (("promoted", 2), ("promoted", 2))
    assert between in ([], [("held", 2)])  # the verdict may have asked the reviewer
    assert 25 <= len(said.splitlines()) <= 60
    assert re.search(r"the first champion was right on (7\d|8\d|90)\.\d%", said)
    assert "was taught by it (promoted" in said
    assert (tmp_path / "support" / "report.html").is_file()
    assert f"chainring serve -p {tmp_path / 'support'}" in said


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_shuffled_corrections_promote_no_second_model(tmp_path: Path) -> None:
    run_tour(tmp_path / "support", code=SHUFFLED)
    first, *later = outcomes(tmp_path / "support")
    assert first == ("promoted", 1)
    assert later in ([("held", 1)], [("held", 1)] * 2)
