"""The shared language model answers as the package's own does."""

from __future__ import annotations

from pathlib import Path

from py3langid.langid import MODEL_FILE, LanguageIdentifier

from chainring.data.clean.language_model import FOLDER, language_model

TEXTS = (
    "Le colis est arrivé avec une semaine de retard.",
    "Das Paket kam eine Woche zu spät, und niemand hat etwas gesagt.",
    "Paczka przyszła tydzień za późno.",
    "Paketet kom en vecka för sent.",
    "包裹晚到了一个星期。",
    "",
    "12345",
    "\ud800 x",
)


def test_it_answers_as_the_model_of_the_package_does(tmp_path: Path) -> None:
    own = LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
    shared = language_model(str(tmp_path))
    assert [shared.classify(text) for text in TEXTS] == [own.classify(text) for text in TEXTS]


def test_it_is_unpacked_once_and_again_where_a_kill_left_it_by_halves(tmp_path: Path) -> None:
    language_model(str(tmp_path))
    marks = {path: path.stat().st_mtime_ns for path in (tmp_path / FOLDER).glob("*.npy")}
    language_model.cache_clear()
    language_model(str(tmp_path))
    assert {path: path.stat().st_mtime_ns for path in marks} == marks
    (tmp_path / FOLDER / "moves.npy").unlink()
    language_model.cache_clear()
    assert language_model(str(tmp_path)).classify(TEXTS[0])[0] == "fr"
