"""What all comparisons add up to: who mentions what when the other side does, and when.

The unit is a meeting seen from one office: another office's readout of that meeting mentions a
topic, and its own does or does not. Offices that published in several languages count once.
"""

from collections import Counter
from collections.abc import Sequence

from msgspec import Struct

from readout_diff.batch.records import Record, TopicSeen

_MOST_MONTHS = 18
"""Beyond that many months, time is told in years."""
LEVELS = 10


class Cell(Struct, frozen=True):
    """How often an office has a topic when the other side has it."""

    other_has: int
    """Meetings in which the other side has it, once for each other side."""
    has: int
    """Of these, those in which this office has it too."""

    @property
    def lacks(self) -> int:
        """Those in which this office has it not."""
        return self.other_has - self.has

    @property
    def level(self) -> int:
        """The share that it lacks, from 0 to LEVELS."""
        return round(LEVELS * self.lacks / self.other_has) if self.other_has else 0


class Office(Struct, frozen=True):
    """An office's claims over all comparisons."""

    name: str
    comparisons: int
    claims: int
    only: int
    """Claims that the other side does not convey."""


class Topic(Struct, frozen=True):
    """A topic of the corpus; the same id with another label is another topic."""

    id: str
    label: str
    watched: bool


class TopicRow(Struct, frozen=True):
    """A row of `topics.csv`."""

    topic: str
    label: str
    office: str
    period: str | None
    """Month or year of the meetings; None where no date is known."""
    other_has: int
    has: int


class Corpus:
    """Adds up meeting by meeting; holds counts alone, never the meetings."""

    def __init__(self) -> None:
        self.meetings = 0
        self.comparisons = 0
        self._claims: Counter[tuple[str, str]] = Counter()
        self._topics: dict[tuple[str, str], Topic] = {}
        self._cells: Counter[tuple[tuple[str, str], str, str | None, bool]] = Counter()

    def add(self, records: Sequence[Record]) -> None:
        """The comparisons of one meeting."""
        self.meetings += 1
        self.comparisons += len(records)
        seen: dict[tuple[str, str, tuple[str, str]], tuple[bool, bool]] = {}
        date = None
        for record in records:
            row = record.row
            date = date or row.date
            for office, claims, only in (
                (row.office_a, row.claims_a, row.only_a),
                (row.office_b, row.claims_b, row.only_b),
            ):
                self._claims.update(
                    {(office, "comparisons"): 1, (office, "claims"): claims, (office, "only"): only}
                )
            if row.office_a == row.office_b:
                continue
            for topic in record.topics:
                key = self._known(topic)
                in_a, in_b = topic.presence in ("a", "both"), topic.presence in ("b", "both")
                for own, other, has, other_has in (
                    (row.office_a, row.office_b, in_a, in_b),
                    (row.office_b, row.office_a, in_b, in_a),
                ):
                    before = seen.get((own, other, key), (False, False))
                    seen[own, other, key] = before[0] or has, before[1] or other_has
        period = date[:7] if date else None
        for (own, _, key), (has, other_has) in seen.items():
            if other_has:
                self._cells[key, own, period, has] += 1

    def _known(self, topic: TopicSeen) -> tuple[str, str]:
        key = topic.id, topic.label
        known = self._topics.get(key)
        if known is None or (topic.watched and not known.watched):
            self._topics[key] = Topic(topic.id, topic.label, topic.watched)
        return key

    def offices(self) -> list[Office]:
        """Those with most comparisons first."""
        names = {name for name, _ in self._claims}
        found = [
            Office(name, *(self._claims[name, what] for what in ("comparisons", "claims", "only")))
            for name in names
        ]
        return sorted(found, key=lambda office: (-office.comparisons, office.name))

    def topics(self) -> list[Topic]:
        """Those that readers asked for, then those that most readouts have."""
        counts: Counter[tuple[str, str]] = Counter()
        for (key, _, _, _), count in self._cells.items():
            counts[key] += count
        return sorted(
            (self._topics[key] for key in counts),
            key=lambda topic: (
                not topic.watched,
                -counts[topic.id, topic.label],
                topic.label,
                topic.id,
            ),
        )

    def rows(self) -> list[TopicRow]:
        """Every count there is, by topic, office and period."""
        periods = self._periods()
        cells: Counter[tuple[tuple[str, str], str, str | None, bool]] = Counter()
        for (key, office, period, has), count in self._cells.items():
            cells[key, office, periods.get(period), has] += count
        places = sorted(
            {(key, office, period) for key, office, period, _ in cells},
            key=lambda place: (place[0], place[1], place[2] or ""),
        )
        return [
            TopicRow(
                topic=key[0],
                label=key[1],
                office=office,
                period=period,
                other_has=cells[key, office, period, True] + cells[key, office, period, False],
                has=cells[key, office, period, True],
            )
            for key, office, period in places
        ]

    def _periods(self) -> dict[str | None, str | None]:
        """Month -> how it is shown."""
        months = {period for _, _, period, _ in self._cells if period}
        if len(months) <= _MOST_MONTHS and all(len(month) > len("2025") for month in months):
            return {month: month for month in months}
        return {month: month[:4] for month in months}


def cell(rows: Sequence[TopicRow]) -> Cell:
    """Several rows as one."""
    return Cell(sum(row.other_has for row in rows), sum(row.has for row in rows))
