"""The verbs, as a Python API; a command, a route and a client each parse, call one and answer.

import chainring
project = chainring.open("support")
project.turn()
answer = project.predict(["Where is my parcel?"])[0]
project.react(Reaction(prediction=answer.id, kind="correction", value="track_order"))
project.why(answer.id)
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chainring.contracts.access import Who
from chainring.contracts.act import Act
from chainring.contracts.case import Case
from chainring.contracts.deployment import Deployment
from chainring.contracts.feedback import Feedback
from chainring.contracts.label import Label
from chainring.contracts.prediction import Prediction
from chainring.contracts.reaction import Reaction
from chainring.contracts.roles import Role
from chainring.contracts.values import Input
from chainring.ring import due as when
from chainring.ring import turn as ring_turn
from chainring.ring.built import Ring, current
from chainring.ring.turn import Turn
from chainring.software import project as place
from chainring.software.serving.told_labels import ToldLabels
from chainring.software.verbs import answering, auditing, champions, status, turning, upkeep
from chainring.software.verbs import keys as holders
from chainring.software.verbs.answering import Opened
from chainring.software.verbs.data import DataGroup
from chainring.software.verbs.models import ReleaseGroup
from chainring.trust.access import Key

if TYPE_CHECKING:
    from chainring.feedback.queue import ReviewItem
    from chainring.software.package.home import Collected
    from chainring.software.package.make import Packaged
    from chainring.software.verbs.receipts import Receipt

Say = Callable[[str], None]


class Project:
    """One application: its text, its models, its users' feedback.

    Open one with `chainring.open(path)`, make one with `Project.init(path)`. `data` holds the verbs
    about its text (`Project.data.fetch`), `releases` those about a model on its way. `who` is this
    machine's owner; `purpose` is what texts are read or exported for, where it is not what a verb
    is for anyway.
    """

    data = DataGroup()
    releases = ReleaseGroup()

    def __init__(self, folder: Path, ring: Ring, secret: bytes) -> None:
        self.folder, self.ring, self.secret = folder, ring, secret
        self.who, self.purpose = auditing.owner(), auditing.stated_purpose()
        self._told = ToldLabels(ring.ledger, ring.recipe.data.facts.form)

    @classmethod
    def open(cls, path: str | Path = ".", *, say: Say = place.quiet) -> Project:
        """Open the project in a folder."""
        folder = Path(path).absolute()  # wherever the process goes from here
        ring, secret = place.open_ring(folder, say=say)
        return cls(folder, ring, secret)

    @classmethod
    def init(cls, path: str | Path, *, example: str | None = None) -> Project:
        """Make a project in a new folder (`example="support"`: the built-in one) and open it."""
        return cls.open(place.create(Path(path), example=example))

    @property
    def app(self) -> str:
        """The application's name."""
        return self.ring.app

    def close(self) -> None:
        """Close the databases."""
        self.ring.ledger.close()
        self.ring.traffic.close()

    def turn(self, *, force: bool = False) -> Turn:
        """Turn the ring once: new text and feedback to a model, and the gate's verdict on it."""
        from chainring.hardware.machine import machine

        turning.prepare(self)
        self.ring.runner.force = force
        done = ring_turn.turn(
            self.ring,
            machine=machine(folder=self.folder),
            policy=self.ring.recipe.privacy.policy(),
            source=place.source(self.ring, self.folder),
        )
        return turning.noted(self, done)

    def due(self) -> when.Due:
        """Say whether a turn is due, and why."""
        return status.due(self)

    def watch(self, *, rounds: int | None = None, say: Say = place.quiet) -> list[Turn]:
        """Turn whenever it is due, `rounds` looks long (None: until stopped); return the turns.

        Without `rounds` a look that fails is told, and the next one goes on.
        """
        return turning.watch(self, rounds=rounds, say=say)

    def champion(self) -> Opened:
        """Return what answers now, its form verified byte for byte.

        Raises
        ------
        InputError
            When no model was promoted yet.
        """
        return answering.champion(self)

    def predict(
        self, texts: Sequence[Input], *, episode: str = "", author: str = ""
    ) -> list[Prediction]:
        """Answer texts in this process, and log the answers as a server would.

        A task that compares two texts is asked pairs: `predict([("I lost it", "It is gone")])`.

        Raises
        ------
        InputError
            When a text is longer than `deployment.max_characters`, or no model was promoted yet.
        """
        return answering.predictions(self, texts, episode=episode, author=author)

    def react(self, reaction: Reaction) -> Feedback:
        """Store what a person did about an answer (see `stored_once`); a flag opens a case."""
        from chainring.store.traffic_repeats import stored_once

        return self.stored(stored_once(self.ring.traffic, self.understood(reaction)))

    def understood(self, reaction: Reaction) -> Feedback:
        """Return the feedback that a reaction is, checked, not yet stored."""
        from chainring.feedback.collect import feedback, said_after

        about = self.ring.traffic.prediction(reaction.prediction)
        said = feedback(
            about,
            reaction,
            labels=self.labels(),
            now=time.time(),
            app=self.app,
            new_labels=self.ring.recipe.feedback.new_labels,
            task=self.ring.recipe.data.task,
            text=self.ring.traffic.text(reaction.prediction) or "",
        )
        return said_after(self.ring.traffic.feedback_on(reaction.prediction), said)

    def stored(self, feedback: Feedback) -> Feedback:
        """Open the case of a flag once its feedback is stored; return the feedback."""
        if feedback.kind == "flag" and not self.ring.ledger.facts("case", Case, about=feedback.id):
            from chainring.feedback.cases import case

            opened = case(feedback, secret=self.secret)
            self.ring.ledger.add_once("case", opened.id, opened, about=feedback.id)
        return feedback

    def labels(self) -> tuple[str, ...]:
        """Return the labels that the champion knows, and those that people added since."""
        _, deployment = current(self.ring)
        known = () if deployment is None else deployment.labels
        return tuple(sorted(self._told.names().union(known)))

    def why(self, prediction: str, *, texts: bool = True, who: Who | None = None) -> dict[str, Any]:
        """Return where an answer came from and which later model learnt from it."""
        from chainring.ring.why import why

        with auditing.looking(self, "why", about=prediction, who=who, texts=texts) as sight:
            return why(self.ring, prediction, sight=sight)

    def status(self) -> dict[str, Any]:
        """Return who serves, what traffic there was, and what waits for a turn."""
        return status.status(self)

    def review_items(self, *, limit: int = 20, who: Who | None = None) -> list[ReviewItem]:
        """Return what waits for a person and may be shown, most urgent first."""
        from chainring.software.verbs.reviewing import review_items

        with auditing.looking(self, "review", who=who) as sight:
            return review_items(self, limit=limit, sight=sight)

    def decide(
        self, item: str, *, decision: str, value: str = "", must: bool = False, by: str = "operator"
    ) -> Label:
        """Store a person's decision on an item of the review queue: accept, change or reject."""
        from chainring.software.verbs.deciding import decide

        return decide(self, item, decision=decision, value=value, must=must, by=by)

    def cases(self, *, state: str | None = None) -> list[Case]:
        """Return the cases, newest first."""
        found = self.ring.ledger.facts("case", Case)
        return [c for c in reversed(found) if state is None or c.state == state]

    def close_case(
        self, case: str, *, outcome: str, told: str, truth: str = "", must: bool = False, by: str
    ) -> Case:
        """Close a case: what was done, what its reporter is told, and the true label if any."""
        from chainring.software.verbs.deciding import close_case

        return close_case(self, case, outcome=outcome, told=told, truth=truth, must=must, by=by)

    def promote(self, model: str, *, by: str, reason: str) -> Deployment:
        """Make a judged model the champion although the gate held it; the override is kept."""
        return champions.promote(self, model, by=by, reason=reason)

    def rollback(self, *, to: int | None = None, by: str, reason: str) -> Deployment:
        """Serve an earlier version again: `to` its number, or the last other model."""
        return champions.rollback(self, to=to, by=by, reason=reason)

    def make_key(self, role: Role, name: str, **limits: Any) -> tuple[str, Key]:
        """Make an API key (`days`, `only`, `per_minute`, `per_day`); its secret is not kept."""
        return holders.made(self, role, name, **limits)

    def keys(self) -> list[Key]:
        """Return the keys (hashes only)."""
        return self.ring.ledger.facts("key", Key)

    def revoke_key(self, identifier: str) -> Key:
        """Revoke a key; running servers take it up within seconds."""
        return holders.revoked(self, identifier)

    def rotate_key(
        self, identifier: str, *, grace_hours: float = holders.GRACE_HOURS
    ) -> tuple[str, Key]:
        """Make a new secret in place of a key's, once; the old one ends after the grace."""
        return holders.rotate(self, identifier, grace_hours=grace_hours)

    def audit(
        self, *, who: str = "", verb: str = "", since: float = 0.0, limit: int = 100
    ) -> list[Act]:
        """Return what was done with privilege, newest first."""
        return auditing.audit(self, who=who, verb=verb, since=since, limit=limit)

    def report(
        self,
        path: str | Path | None = None,
        *,
        language: str = "en",
        texts: bool = True,
        card: str | Path | None = None,
    ) -> Path:
        """Write one self-contained HTML page (`en` or `zh`) about the ring and return its path.

        The first report on a model studies it, which takes seconds to a minute. `texts` shows what
        it got wrong; `card` also writes the model's card, as Markdown.
        """
        from chainring.software.reports.report import write_report

        place, card = Path(path) if path else self.folder / "report.html", card and Path(card)
        return write_report(self, place, language=language, texts=texts, card=card or None)

    def backup(self, path: str | Path) -> dict[str, int]:
        """Write everything but the text folder itself into one archive.

        `missing` counts trees that only another machine has, or that were altered here.

        Raises
        ------
        NotAllowedError
            When a rule of access keeps some records from being exported.
        """
        return upkeep.backup(self, Path(path))

    @classmethod
    def restore(
        cls, archive: str | Path, path: str | Path, *, ledger: str | None = None
    ) -> Project:
        """Make a project in a new folder from an archive; every tree is verified.

        `ledger` is written into the recipe: `postgresql://user@host/database`, an empty one, or ""
        for SQLite in the folder; without it the recipe of the archive says which.
        """
        return upkeep.restore(Path(archive), Path(path), cls.open, ledger=ledger)

    @classmethod
    def upgrade(cls, path: str | Path = ".") -> Project:
        """Bring a project made by an older version to this one and open it."""
        folder = Path(path).absolute()
        ring, secret = place.open_ring(folder, upgrading=True)
        return cls(folder, ring, secret)

    def package(self, path: str | Path) -> Packaged:
        """Write the champion into a new folder that serves without the training extra.

        Raises
        ------
        RefusedError
            When its form needs the training extra, or the package answers unlike the champion.
        """
        from chainring.software.package import make

        return make.package(self, Path(path))

    def collect(self, path: str | Path, *, by: str = "operator") -> Collected:
        """Bring home what people asked and said where a package of this project serves."""
        from chainring.software.package import home

        return home.collect(self, Path(path), by=by)

    def gc(self, *, min_age_s: float = 3600.0) -> dict[str, int]:
        """Remove what nothing names (trees, blobs, scratch, harvests) and texts that are over."""
        return upkeep.gc(self, min_age_s=min_age_s)

    def forget(
        self,
        *,
        subject: Sequence[str] = (),
        source: Sequence[str] = (),
        record: Sequence[str] = (),
        author: Sequence[str] = (),
        prediction: Sequence[str] = (),
        reason: str = "",
        by: str = "operator",
        dry_run: bool = False,
    ) -> Receipt:
        """Take people, sources, records or answers out of every store; see `docs/how-to`."""
        from chainring.software.verbs import forgetting

        selection = forgetting.Selection(
            subject=subject, source=source, record=record, author=author, prediction=prediction
        )
        done = forgetting.forget(self, selection, reason=reason, by=by, dry_run=dry_run)
        if not dry_run:
            auditing.record(self, "forget", because=f"by {by}", about=done.act.id)
        return done

    def doctor(self) -> list[tuple[str, str, str]]:
        """Return what this machine has, what was decided, and why."""
        from chainring.software.verbs.doctor import doctor

        return doctor(self.folder, self.ring.recipe.hardware)

    @cached_property
    def articles(self) -> Any:
        """The help articles that go with the labels."""
        return answering.articles(self)
