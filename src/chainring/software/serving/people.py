"""What people look at and decide, as a server's verbs: why, the review queue, cases.

Who decides is the caller; texts are shown as the rules of access say, and each act is kept.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from chainring.contracts.access import SEEING, Facts, Who
from chainring.contracts.case import Case, CaseState
from chainring.contracts.errors import NotAllowedError, UnknownNameError
from chainring.contracts.feedback import Feedback
from chainring.contracts.prediction import Prediction
from chainring.contracts.roles import ABOVE
from chainring.deployment.http import verbs as http
from chainring.ring.built import current
from chainring.ring.sight import FEEDBACK, Sight, request_facts
from chainring.software.serving.keys import who_is
from chainring.software.serving.recipe_file import RecipeFile
from chainring.software.telling.review_words import why_in
from chainring.software.verbs.auditing import looking, record, sight_of
from chainring.software.verbs.naming import SHOWN, enough_lines, name_shown, shown_groups
from chainring.software.verbs.status import untold
from chainring.trust.access import sees_texts

if TYPE_CHECKING:
    from chainring.software.api import Project
    from chainring.store.writer import TrafficWriter


class ServedPeople:
    """What `Service` answers those who look behind an answer."""

    project: Project
    _recipe_file: RecipeFile
    _writer: TrafficWriter | None

    def why(self, prediction: str, *, caller: http.Caller, language: str) -> dict[str, Any]:
        """Return where an answer came from; texts only to those who operate."""
        if self._writer is not None:
            self._writer.flush()
        texts = sees_texts(caller.role)
        return self.project.why(prediction, texts=texts, who=who_is(caller))

    def status(self, *, caller: http.Caller) -> dict[str, Any]:
        """Return who serves, the traffic, and, to those who may see texts, what waits."""
        found = self.project.status() | {"recipe_changed": self._recipe_file.changed}
        return found if caller.role in SEEING else untold(found)

    def review_items(
        self, *, limit: int, caller: http.Caller, language: str
    ) -> list[http.ReviewItem]:
        """Return what waits for a person and may be shown to the caller, most urgent first."""
        if self._writer is not None:
            self._writer.flush()
        who = who_is(caller)
        waiting = self.project.review_items(limit=limit, who=who)
        if not waiting and current(self.project.ring)[1] is None:
            return _to_name(self.project, limit=limit, who=who, language=language)
        return [
            http.ReviewItem(
                id=item.id,
                kind=item.kind,
                text=item.text,
                language=item.language,
                answer=item.answer,
                proposed=item.proposed,
                confidence=item.confidence,
                author=item.author,
                why=why_in(item.why, language),
                at=item.at,
                pair=item.pair,
                looked_up=item.looked_up,
            )
            for item in waiting
        ]

    def decide(
        self,
        item: str,
        *,
        decision: http.Decision,
        value: str,
        must: bool,
        caller: http.Caller,
    ) -> None:
        """Store a person's decision on what the rules of access let the caller see."""
        from chainring.software.verbs import deciding

        by, who = caller.name or caller.key_id or "operator", who_is(caller)
        self._require_seen(item, who, verb="decide")
        if item.startswith(SHOWN):
            name_shown(self.project, item, value if decision == "change" else "", by=by, who=who)
        else:
            deciding.decide(
                self.project, item, decision=decision, value=value, must=must, by=by, who=who
            )

    def _require_seen(self, item: str, who: Who, *, verb: str) -> None:
        from chainring.software.verbs.reviewing import is_seen

        sight = sight_of(self.project, "review", who=who)
        if not sight.asks_facts or item.startswith(SHOWN) or is_seen(self.project, item, sight):
            return
        record(
            self.project, verb, who=who, decision="denied", withheld=1,
            because=sight.because, about=item,
        )  # fmt: skip
        raise NotAllowedError(
            f"the rules of access keep the text of {item} from this key; a decision is for those "
            "who may read it"
        )

    def cases(self, *, state: CaseState | None, caller: http.Caller) -> list[Case]:
        """Return the cases, newest first; written truths as the rules of access say."""
        found = self.project.cases(state=state)
        if self.project.ring.recipe.data.facts.form != "text":
            return found
        requests = _requests(self.project, (one.prediction for one in found if one.truth))
        with looking(self.project, "cases", who=who_is(caller)) as sight:
            return [_seen(one, requests.get(one.prediction), sight) for one in found]

    def cases_about(
        self, cases: Sequence[Case], *, caller: http.Caller
    ) -> Mapping[str, http.ReviewItem]:
        """Return by case what it is about, as far as the caller may read it."""
        requests = _requests(self.project, (one.prediction for one in cases))
        with looking(self.project, "cases", who=who_is(caller)) as sight:
            asked = ((one, requests.get(one.prediction)) for one in cases)
            found = [_about(one, request, sight) for one, request in asked if request]
            return {item.id: item for item in found if item is not None}

    def case_for(self, case: str, *, author: str, feedback: str, caller: http.Caller) -> Case:
        """Return a case to its reporter, an author of one application, or to those who operate."""
        found = self.project.ring.ledger.fact("case", case, Case)
        if found is not None and (
            caller.role in ABOVE
            or (author and author == found.reporter and found.via in ("", caller.application))
            or (feedback and feedback == found.opened_by)
        ):
            return found
        raise UnknownNameError("case", case, [])

    def close_case(
        self,
        case: str,
        *,
        outcome: str,
        told: str,
        truth: str,
        must: bool,
        caller: http.Caller,
    ) -> Case:
        """Close a case; its truth is said by those who may read the text."""
        from chainring.software.verbs import deciding

        found = self.project.ring.ledger.fact("case", case, Case) if truth else None
        if found is not None and found.prediction:
            self._require_seen(found.opened_by, who_is(caller), verb="close_case")
        return deciding.close_case(
            self.project,
            case,
            outcome=outcome,
            told=told,
            truth=truth,
            must=must,
            by=caller.name or caller.key_id or "operator",
            who=who_is(caller),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Request:
    """An answer that cases are about, its text, what people said of it, and the facts of both."""

    asked: Prediction
    text: str | None
    said: Sequence[Feedback]
    facts: Sequence[Facts]


def _requests(project: Project, names: Iterable[str]) -> dict[str, _Request]:
    """Return the requests of these ids that are there, read together."""
    traffic, settings = project.ring.traffic, project.ring.recipe.feedback
    asked = list(traffic.answers(filter(None, names)))
    said: dict[str, list[Feedback]] = defaultdict(list)
    for row in traffic.feedback_on(*(one.id for one, _ in asked)):
        said[row.prediction].append(row)
    return {
        one.id: _Request(
            asked=one,
            text=text,
            said=said[one.id],
            facts=request_facts(one, said[one.id], settings),
        )
        for one, text in asked
    }


def _about(case: Case, about: _Request, sight: Sight) -> http.ReviewItem | None:
    """Return the question, the answer and the reporter's comment, or nothing the rules withhold."""
    text = sight.text(about.text, *about.facts)
    if text is None:
        return None
    return http.ReviewItem(
        id=case.id,
        kind=case.kind,
        text=text,
        language=about.asked.language,
        answer=about.asked.value,
        confidence=about.asked.confidence,
        why=next((one.comment for one in about.said if one.id == case.opened_by), ""),
        pair=about.asked.given_pair,
    )


def _seen(case: Case, about: _Request | None, sight: Sight) -> Case:
    """Return a case as a caller may see it: its truth is a text of what the case is about."""
    if not case.truth:
        return case
    facts = [Facts(source=FEEDBACK)] if about is None else about.facts
    return replace(case, truth=sight.text(case.truth, *facts) or "")


def _to_name(project: Project, *, limit: int, who: Who, language: str) -> list[http.ReviewItem]:
    """Return groups of texts to name: where a project without labels and model starts."""
    enough = " ".join(why_in(line, language) for line in enough_lines(project))
    return [
        http.ReviewItem(
            id=identifier,
            kind="cluster",
            text="\n".join(" ".join(record.text.split())[:200] for record in group.records),
            why=why_in(f"{group.size} texts: {group.keywords}. {enough}", language),
        )
        for identifier, group in shown_groups(project, limit=limit, who=who)
    ]
