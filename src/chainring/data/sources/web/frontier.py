"""The frontier: every address that was seen, what became of it, and when its host may be asked.

It lies in the harvest's database, so that a page's row, its links and its state are one commit.

==========  ================================================================================
state       means
==========  ================================================================================
waiting     to be asked, not before `next_at`
asked       a request is under way; after a kill it is waiting again
fetched     its row stands (or it had no text: `why`)
moved       it leads elsewhere
refused     not asked, or not kept: `why` says robots.txt, noai, a private address, its size
failed      asked in vain as often as allowed; asked again in the next round
gone        404, 410 or 451: its row is dropped
==========  ================================================================================

Addresses are of kinds that are asked in this order: robots, tdm, sitemap, page.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass

from chainring.data.harvest import Harvest
from chainring.data.sources.web.urls import host_of, origin_of

RANKS = {"robots": 0, "tdm": 1, "sitemap": 2, "page": 4}
_KNOWN_PAGE = 3  # in a new round pages that stand come before those that never were read
MAX_CUTS = 10
_LONGEST_WAIT_S = 24 * 3600.0
_SCHEMA = """
CREATE TABLE IF NOT EXISTS web_urls (
    number INTEGER PRIMARY KEY, kind TEXT NOT NULL, serves TEXT NOT NULL, url TEXT NOT NULL,
    host TEXT NOT NULL, rank INTEGER NOT NULL, depth INTEGER NOT NULL, hops INTEGER NOT NULL,
    state TEXT NOT NULL DEFAULT 'waiting',
    why TEXT NOT NULL DEFAULT '', etag TEXT NOT NULL DEFAULT '',
    modified TEXT NOT NULL DEFAULT '', content TEXT NOT NULL DEFAULT '',
    tries INTEGER NOT NULL DEFAULT 0, cuts INTEGER NOT NULL DEFAULT 0,
    next_at REAL NOT NULL DEFAULT 0, UNIQUE (kind, serves, url)
);
CREATE INDEX IF NOT EXISTS web_urls_next ON web_urls (state, host, rank, depth, number);
CREATE TABLE IF NOT EXISTS web_hosts (
    host TEXT PRIMARY KEY, delay REAL NOT NULL DEFAULT 0, next_at REAL NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS web_rules (
    origin TEXT PRIMARY KEY, robots TEXT, tdm TEXT NOT NULL DEFAULT ''
);
"""
_TASK = "number, kind, serves, url, host, depth, hops, why, etag, modified, content, tries"


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One address to ask for; `serves` is the site whose rules it holds."""

    number: int
    kind: str
    serves: str
    url: str
    host: str
    depth: int
    hops: int
    why: str
    etag: str
    modified: str
    content: str
    tries: int

    @property
    def known(self) -> list[tuple[str, str]]:
        """What makes a request conditional."""
        return [("etag", self.etag), ("last-modified", self.modified)]

    @property
    def hosts(self) -> set[str]:
        """The hosts that a request to this address keeps busy."""
        return {self.host, host_of(self.url)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """What tells one version of a page: the server's words, and the digest of the row (or none)."""

    etag: str = ""
    modified: str = ""
    content: str = ""


class Frontier:
    """The tables of one crawl. Nothing is durable before `harvest.commit()`."""

    def __init__(self, harvest: Harvest, *, delay_s: float) -> None:
        self._db, self._delay_s = harvest.connection, delay_s
        harvest.commit()
        self._db.executescript(_SCHEMA)

    def recover(self, now: float) -> None:
        """Take up what a kill left under way: asked again, and no sooner than its host's delay."""
        self._db.execute(
            "UPDATE web_hosts SET next_at = max(next_at, ? + delay) WHERE host IN "
            "(SELECT host FROM web_urls WHERE state = 'asked')",
            (now,),
        )
        self._db.execute(
            "UPDATE web_urls SET state = 'failed', why = 'the crawl ended each time it was read' "
            "WHERE state = 'asked' AND cuts >= ?",
            (MAX_CUTS,),
        )
        self._db.execute("UPDATE web_urls SET state = 'waiting' WHERE state = 'asked'")
        for table in ("web_hosts", "web_urls"):  # the clock may have been set back
            latest = now + _LONGEST_WAIT_S
            self._db.execute(f"UPDATE {table} SET next_at = ? WHERE next_at > ?", (latest, latest))

    def new_round(self) -> None:
        """Put everything that was settled back to waiting; what is gone is forgotten."""
        self._db.execute("DELETE FROM web_urls WHERE state = 'gone'")
        self._db.execute(
            "UPDATE web_urls SET state = 'waiting', tries = 0, cuts = 0, next_at = 0, "
            "rank = CASE WHEN content != '' THEN ? ELSE rank END",
            (_KNOWN_PAGE,),
        )
        self._db.execute("UPDATE web_hosts SET delay = ?", (self._delay_s,))
        self.renew_rules()

    def renew_rules(self) -> None:
        """Have the rules of every site read anew, from where they lie now."""
        self._db.execute("DELETE FROM web_urls WHERE serves != '' AND hops > 0")
        self._db.execute("UPDATE web_urls SET state = 'waiting', next_at = 0 WHERE serves != ''")
        self._db.execute("UPDATE web_rules SET robots = NULL, tdm = ''")

    def forget_versions(self) -> None:
        """Have every page sent anew, whether it changed or not."""
        self._db.execute("UPDATE web_urls SET etag = '', modified = '', content = ''")

    def add(self, url: str, kind: str = "page", *, depth: int = 0, hops: int = 0) -> bool:
        """Add an address, and the rules of its site; return whether it is new."""
        origin = origin_of(url)
        if self._db.execute(
            "INSERT OR IGNORE INTO web_rules (origin) VALUES (?)", (origin,)
        ).rowcount:
            self.add_rules(origin, "robots", f"{origin}/robots.txt")
            self.add_rules(origin, "tdm", f"{origin}/.well-known/tdmrep.json")
        return self._insert(url, kind, "", host_of(url), depth, hops)

    def add_rules(self, origin: str, kind: str, url: str, *, hops: int = 0) -> bool:
        """Add an address where the rules of a site are read; return whether it is new."""
        return self._insert(url, kind, origin, host_of(origin), 0, hops)

    def _insert(self, url: str, kind: str, serves: str, host: str, depth: int, hops: int) -> bool:
        for name in (host, host_of(url)):
            self._db.execute(
                "INSERT OR IGNORE INTO web_hosts (host, delay) VALUES (?, ?)", (name, self._delay_s)
            )
        done = self._db.execute(
            "INSERT OR IGNORE INTO web_urls (kind, serves, url, host, rank, depth, hops) "
            "VALUES (?, ?, ?, ?, ?, ?, ?)",
            (kind, serves, url, host, RANKS[kind], depth, hops),
        )
        return done.rowcount > 0

    def next(self, now: float, *, busy: Collection[str]) -> Task | None:
        """Return an address whose host may be asked now."""
        hosts = self._db.execute(
            "SELECT host FROM web_hosts WHERE next_at <= ? ORDER BY next_at, host", (now,)
        )
        for (host,) in hosts.fetchall():
            task = None if host in busy else self._first(host, now)
            if task and self._free(task, now, busy):
                return task
        return None

    def _first(self, host: str, now: float) -> Task | None:
        row = self._db.execute(
            f"SELECT {_TASK} FROM web_urls WHERE state = 'waiting' AND host = ? AND next_at <= ? "
            "ORDER BY rank, depth, number LIMIT 1",
            (host, now),
        ).fetchone()
        return None if row is None else Task(**dict(zip(_TASK.split(", "), row, strict=True)))

    def _free(self, task: Task, now: float, busy: Collection[str]) -> bool:
        other = host_of(task.url)
        if other == task.host:
            return True
        asked = "SELECT 1 FROM web_hosts WHERE host = ? AND next_at <= ?"
        return other not in busy and self._db.execute(asked, (other, now)).fetchone() is not None

    def soonest(self, *, busy: Collection[str] = ()) -> float | None:
        """Return when the next waiting address may be asked, None when none waits."""
        marks = ", ".join("?" * len(busy))
        row = self._db.execute(
            "SELECT min(max(u.next_at, h.next_at)) FROM web_urls u JOIN web_hosts h USING (host) "
            f"WHERE u.state = 'waiting' AND u.host NOT IN ({marks})",
            tuple(busy),
        ).fetchone()
        return None if row[0] is None else float(row[0])

    def ask(self, task: Task, now: float) -> None:
        """Note that a request is under way, and let its hosts rest."""
        self._db.execute(
            "UPDATE web_urls SET state = 'asked', cuts = cuts + 1 WHERE number = ?", (task.number,)
        )
        self.rest(task, now)

    def rest(self, task: Task, now: float, *, at_least_s: float = 0.0) -> None:
        """Let the hosts of a request rest for their delay, or longer where they ask for it."""
        for host in task.hosts:
            self._db.execute(
                "UPDATE web_hosts SET next_at = max(next_at, ? + max(delay, ?)) WHERE host = ?",
                (now, at_least_s, host),
            )

    def slow_down(self, host: str, delay_s: float) -> None:
        """Set the delay of a host: the recipe's, or the longer one that the site asks for."""
        self._db.execute(
            "UPDATE web_hosts SET delay = ? WHERE host = ?", (max(delay_s, self._delay_s), host)
        )

    def settle(
        self, task: Task, state: str, why: str = "", *, version: Version | None = None
    ) -> None:
        """Note what became of an address; what is known of its version stays unless given."""
        found = version or Version(etag=task.etag, modified=task.modified, content=task.content)
        self._db.execute(
            "UPDATE web_urls SET state = ?, why = ?, etag = ?, modified = ?, content = ?, "
            "tries = 0, cuts = 0 WHERE number = ?",
            (state, why, found.etag, found.modified, found.content, task.number),
        )

    def again(self, task: Task, why: str, at: float) -> None:
        """Let an address wait for another try."""
        self._db.execute(
            "UPDATE web_urls SET state = 'waiting', why = ?, tries = tries + 1, cuts = 0, "
            "next_at = ? WHERE number = ?",
            (why, at, task.number),
        )

    def hold(self, origin: str, why: str) -> None:
        """Let all waiting addresses of a site rest until the next round."""
        self._db.execute(
            "UPDATE web_urls SET state = 'failed', why = ? WHERE state = 'waiting' AND host = ? "
            "AND kind IN ('page', 'sitemap') AND substr(url, 1, ?) = ?",
            (why, host_of(origin), len(origin) + 1, f"{origin}/"),
        )

    def set_rules(self, origin: str, *, robots: str | None = None, tdm: str | None = None) -> None:
        """Keep what a site's robots.txt or tdmrep.json says."""
        self._db.execute(
            "UPDATE web_rules SET robots = coalesce(?, robots), tdm = coalesce(?, tdm) "
            "WHERE origin = ?",
            (robots, tdm, origin),
        )

    def rules(self, origin: str) -> tuple[str | None, str]:
        """Return the texts of a site's robots.txt (None: not known yet) and tdmrep.json."""
        found = self._db.execute(
            "SELECT robots, tdm FROM web_rules WHERE origin = ?", (origin,)
        ).fetchone()
        return (None, "") if found is None else (found[0], str(found[1]))

    def counts(self, kind: str = "page") -> Counter[str]:
        """Return how many addresses of a kind are in each state."""
        return self._grouped("state", "kind = ?", (kind,))

    def reasons(self) -> Counter[str]:
        """Return the pages that have no row, counted by reason."""
        return self._grouped("why", "kind = 'page' AND why != '' AND state != 'waiting'", ())

    def _grouped(self, column: str, where: str, values: tuple[str, ...]) -> Counter[str]:
        rows = self._db.execute(
            f"SELECT {column}, count(*) FROM web_urls WHERE {where} GROUP BY {column}", values
        )
        return Counter({str(name): int(number) for name, number in rows})
