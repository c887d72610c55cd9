"""The cases that flags open: at once, or as soon as the ledger takes them.

A flag lies in the traffic log, its case in the ledger, so that one may be written and the other
fail, or a kill come between. Then the case is opened later.

    cases = FlagCases(project)
    cases.opened(feedback)  # "case_…"; UnwrittenError where the ledger fails just then
    cases.catch_up()        # from time to time
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import sqlalchemy as sa

from chainring.contracts.case import Case
from chainring.contracts.errors import UnwrittenError
from chainring.contracts.guard import FORGOTTEN

if TYPE_CHECKING:
    from chainring.contracts.feedback import Feedback
    from chainring.software.api import Project


AGAIN_S = 300.0
"""How often all flags are looked through: a command or a program may have been killed, too."""


class FlagCases:
    """Opens the cases of a server's flags."""

    def __init__(self, project: Project) -> None:
        self._project = project
        self._is_behind = True  # who ran before may have been killed
        self._looked = 0.0

    def opened(self, feedback: Feedback) -> str:
        """Return the case of a flag that is stored, opened if need be; of anything else nothing.

        Raises
        ------
        UnwrittenError
            When the ledger fails; `catch_up` opens the case then.
        """
        if feedback.kind != "flag":
            return ""
        try:
            self._project.stored(feedback)
            cases = self._project.ring.ledger.facts("case", Case, about=feedback.id)
        except (sa.exc.SQLAlchemyError, OSError, UnwrittenError) as error:
            self._is_behind = True
            raise UnwrittenError(
                "the flag is stored and its case is opened later; to be told the case, send the "
                f"flag again with the same Idempotency-Key ({type(error).__name__})",
                retry_after_s=5.0,
            ) from error
        return cases[0].id if cases else ""

    def catch_up(self) -> None:
        """Open the case of every flag that has none, if there may be such flags."""
        now = time.monotonic()
        if not self._is_behind and now - self._looked < AGAIN_S:
            return
        self._is_behind, self._looked = False, now
        try:
            ring = self._project.ring
            known = {one.opened_by for one in ring.ledger.facts("case", Case)}
            for flag in ring.traffic.feedback(kinds=["flag"]):
                if flag.id not in known and flag.consent != FORGOTTEN:
                    self._project.stored(flag)
        except Exception:
            self._is_behind = True
            raise
