"""The commands `chainring review` and `chainring cases`: a person decides at the terminal."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from chainring.contracts.said import in_language
from chainring.software.commands.folder import HERE, Folder, opened
from chainring.software.telling.speech import Speech, tell
from chainring.text.characters import visible

if TYPE_CHECKING:
    from chainring.contracts.label import Label
    from chainring.contracts.said import Said
    from chainring.feedback.queue import ReviewItem
    from chainring.software.api import Project


def review(
    project: Folder = HERE,
    limit: Annotated[int, typer.Option(help="how many at most")] = 20,
    show: Annotated[bool, typer.Option("--list", help="only list what waits")] = False,
    change: Annotated[
        str | None,
        typer.Option(help="id of an item to decide anew; it is told after each decision"),
    ] = None,
    by: Annotated[str, typer.Option(help="who decides")] = "operator",
    language: Speech = None,
) -> None:
    """Accept, change or reject labels and corrections; without any label, name clusters first."""
    from chainring.software.verbs import auditing
    from chainring.software.verbs.reviewing import decided_on, item_again

    with opened(project, language) as api:
        if change is None:
            _review(api, limit=limit, show=show, by=by, language=language or "en")
            return
        with auditing.looking(api, "review", about=change) as sight:
            item = item_again(api, change, sight=sight)
        now = decided_on(api, change)
        _ask([item], api, show=show, by=by, language=language or "en", now=now)


def cases(
    project: Folder = HERE,
    close: Annotated[str | None, typer.Option(help="id of the case to close")] = None,
    outcome: Annotated[str, typer.Option(help="what was done")] = "",
    told: Annotated[str, typer.Option(help="what the reporter is told")] = "",
    truth: Annotated[str, typer.Option(help="the right label, if any")] = "",
    must: Annotated[bool, typer.Option(help="every later model must get it right")] = False,
    by: Annotated[str, typer.Option(help="who closes it")] = "operator",
    language: Speech = None,
) -> None:
    """List the cases that flags opened, or close one."""
    from chainring.software.telling.command_words import say, word
    from chainring.software.telling.speech import padded

    speech = language or "en"
    with opened(project, language) as api:
        if close is not None:
            api.close_case(close, outcome=outcome, told=told, truth=truth, must=must, by=by)
            tell([say("closed case", id=close)], language)
            return
        found = api.cases()
    for case in found:
        said = case.outcome or in_language(case.because, speech)
        state = padded(in_language(word(case.state), speech), 6)
        kind = padded(in_language(word(case.kind), speech), 8)
        typer.echo(f"{case.id}  {state}  {kind}  {case.prediction}  {visible(said)}")


def _review(project: Project, *, limit: int, show: bool, by: str, language: str) -> None:
    """Ask a person about each item: Enter accepts, a label changes, - rejects, q ends."""
    from chainring.ring.built import current
    from chainring.software.telling.command_words import say
    from chainring.software.telling.sentences import say as of_state

    items = project.review_items(limit=limit)
    if not items and current(project.ring)[1] is None:
        _name_clusters(project, by=by, language=language)
        return
    if not items:
        privacy = project.ring.recipe.privacy
        more = [] if privacy.keeps_texts else [of_state("keeps no texts", log=privacy.log)]
        tell([say("nothing waits"), *more], language)
        return
    _tell_wanted(project, language)
    _ask(items, project, show=show, by=by, language=language)


def _ask(
    items: Sequence[ReviewItem],
    project: Project,
    *,
    show: bool,
    by: str,
    language: str,
    now: Label | None = None,
) -> None:
    """Show each item, and what of it was decided before; without `show` ask for a decision."""
    from chainring.software.telling.command_words import own, say

    for number, item in enumerate(items, 1):
        text = own(visible(item.text))
        lines = [say("item", number=number, count=len(items), kind=item.kind, text=text)]
        if item.pair:
            name = "passage" if item.looked_up else "beside"
            lines.append(say(name, text=own(visible(item.pair))))
        lines.append(_answered(item))
        if now is not None:
            value, who = own(visible(now.value or "–")), own(visible(now.author))
            lines.append(say("now", state=now.state, value=value, who=who))
        tell(lines, language)
        if show:
            continue
        typed = typer.prompt(in_language(say("decide"), language), default="")
        if typed == "q":
            return
        _decide(project, item, typed, by=by, language=language)


def _decide(project: Project, item: ReviewItem, typed: str, *, by: str, language: str) -> None:
    from chainring.contracts.errors import ChainringError
    from chainring.software.telling.command_words import own, say
    from chainring.software.telling.speech import in_words
    from chainring.software.verbs.deciding import decide

    decision = "accept" if not typed else "reject" if typed == "-" else "change"
    value = typed if decision == "change" else ""
    if value and not _is_meant(project, item, value, language):
        return
    try:
        label = decide(project, item.id, decision=decision, value=value, must=False, by=by)
    except ChainringError as error:
        typer.echo(f"    {in_words(error, ('--language', language))}")
        return
    said = own(visible(label.value or "–"))
    tell([say("decided", state=label.state, value=said, id=item.id)], language)


def _is_meant(project: Project, item: ReviewItem, value: str, language: str) -> bool:
    """Ask once about labels that the project does not know: a slip would judge and teach."""
    from chainring.software.telling.command_words import own, say
    from chainring.software.verbs.deciding import new_names

    names = new_names(project, item, value)
    if not names:
        return True
    labels = own(", ".join(visible(repr(name)) for name in names))
    if not _at_a_terminal():  # the next line is meant for the next item
        tell([say("not taken here", labels=labels)], language)
        return False
    try:
        typed = typer.prompt(
            in_language(say("new label", labels=labels), language), default="n", show_default=False
        )
    except typer.Abort:
        typed = ""
    is_meant = typed.strip().lower() in ("y", "yes", "是")
    if not is_meant:
        tell([say("not taken")], language)
    return is_meant


def _at_a_terminal() -> bool:
    return sys.stdin.isatty()


def _answered(item: ReviewItem) -> Said:
    from chainring.contracts.said import Said
    from chainring.software.telling.command_words import own, say
    from chainring.software.telling.review_words import why_in

    told = {
        "answer": own(visible(item.answer)),
        "why": Said(visible(item.why), zh=visible(why_in(item.why, "zh"))),
    }
    if not item.answer and not item.proposed:
        return say("unanswered", **told)
    if not item.proposed:
        return say("answered as", **told)
    value, who = own(visible(item.proposed)), own(visible(item.author))
    if item.author:
        return say("author proposed", value=value, who=who, **told)
    return say("data proposed" if item.kind == "suspect" else "user proposed", value=value, **told)


def _tell_wanted(project: Project, language: str) -> None:
    """Say where labels should be added, if a report has looked into it."""
    from chainring.software.reports.report_study import gain_sentence, wanted_names
    from chainring.software.reports.report_words import WORDS
    from chainring.software.reports.studying import standing

    studied, words = standing(project), WORDS[language]
    if studied is not None and studied.study is not None and studied.study.gain is not None:
        typer.echo(gain_sentence(studied.study, words))
        if names := wanted_names(studied.study):
            typer.echo(words["short wanted"].format(labels=", ".join(names)))


def _name_clusters(project: Project, *, by: str, language: str) -> None:
    from chainring.software.telling.command_words import own, say
    from chainring.software.telling.review_words import why_in
    from chainring.software.verbs.naming import enough_lines, name_cluster, unlabelled_clusters

    clusters = unlabelled_clusters(project)
    tell([say("no labels", count=len(clusters))], language)
    for number, cluster in enumerate(clusters, 1):
        words = own(cluster.keywords)
        tell(
            [say("group", number=number, count=len(clusters), size=cluster.size, words=words)],
            language,
        )
        for record in cluster.records:
            typer.echo(f"    {visible(record.text[:100])}")
        name = typer.prompt(in_language(say("name these"), language), default="")
        if name == "q":
            break
        if name:
            name_cluster(project, cluster, name, by=by)
    for line in enough_lines(project):
        typer.echo(why_in(line, language))
