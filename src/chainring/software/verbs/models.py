"""The verbs about models on their way and models that grow old, reached as `Project.releases`.

project = chainring.open("support")
project.releases.begin("3f2a9c81d0e7", stage="canary", share=0.1, by="ann", reason="better")
project.releases.standing()     # the release that runs, with its evidence
project.releases.drift()        # what changed since the champion began
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, overload

if TYPE_CHECKING:
    from collections.abc import Sequence

    from chainring.contracts.release import Release
    from chainring.software.api import Project


class ReleaseVerbs:
    """What a project can do with a candidate."""

    def __init__(self, project: Project) -> None:
        self.project = project

    def begin(
        self,
        model: str,
        *,
        stage: str = "canary",
        share: float | None = None,
        keys: Sequence[str] = (),
        by: str,
        reason: str,
    ) -> Release:
        """Let a judged model answer beside the champion until the evidence decides.

        Parameters
        ----------
        model
            At least the first 12 digits of its address.
        stage
            `shadow`: unseen; `canary`: a share of users; `keys`: whoever holds one of `keys`.
        share
            Share of users, between 0 and 1; None: the recipe's.
        keys
            Ids of API keys.
        by, reason
            Who decides, and why, for the record.

        Raises
        ------
        ConflictError
            When another release runs.
        InputError
            When no champion serves, or the model was never judged, with every fault.
        """
        from chainring.software.verbs import releases

        return releases.begin(
            self.project, model, stage=stage, share=share, keys=keys, by=by, reason=reason
        )

    def standing(self) -> dict[str, Any]:
        """Return the release that runs with its evidence, and those before it."""
        from chainring.software.verbs.releases import standing

        return standing(self.project)

    def stop(self, *, by: str, reason: str) -> Release:
        """End the release that runs: the champion answers everybody again, at once."""
        from chainring.software.verbs.releases import stop

        return stop(self.project, by=by, reason=reason)

    def drift(self) -> dict[str, Any]:
        """Return what changed since the champion began, question by question; open its cases."""
        from chainring.software.verbs.drifting import looked

        return looked(self.project)


class ReleaseGroup:
    """`Project.releases`: the verbs of one project."""

    @overload
    def __get__(self, project: None, owner: type[Project]) -> type[ReleaseVerbs]: ...

    @overload
    def __get__(self, project: Project, owner: type[Project]) -> ReleaseVerbs: ...

    def __get__(
        self, project: Project | None, owner: type[Project]
    ) -> ReleaseVerbs | type[ReleaseVerbs]:
        """Return the verbs of a project, or their class."""
        return ReleaseVerbs if project is None else ReleaseVerbs(project)
