"""Waiting work by demand, ready agents by supply, and who fits whom as rows of bits.

A *demand* is a class of items that the same agents can take: same queue, medium, weight, band,
requirement and step. A *supply* is a class of agents who can take the same items right now: same
profile (groups, skills, languages), same media with room, same quarter of load. Which demands a
supply takes is worked out once, when either appears, and kept as bits; so a decision looks at the
heads of a few lines, however long they are.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

from hub.kernel.ids import AgentId, QueueId
from hub.routing.capacity import Terms
from hub.routing.keys import agent_base, item_base
from hub.routing.lines import Line
from hub.routing.model import Agent, Band, Queue, Step, Strategy
from hub.routing.records import Seat, WorkItem
from hub.routing.requirements import missing, stages_of

T = TypeVar("T")
OWN_LINES = (Strategy.LEAST_LOADED, Strategy.ROUND_ROBIN, Strategy.FEWEST_TODAY)
"""The strategies that let the agents of a supply stand in another order than by idle time."""

ProfileKey = tuple[frozenset[str], frozenset[tuple[str, int]], frozenset[str]]
CourseKey = tuple[QueueId, int, int, Band, tuple[Step, ...]]


class Profile:
    """What a set of agents is able to do, whatever they carry at the moment."""

    __slots__ = (
        "bit",
        "groups",
        "key",
        "languages",
        "members",
        "number",
        "scarcity",
        "skills",
        "supplies",
        "takes",
    )

    def __init__(self, number: int, key: ProfileKey) -> None:
        self.number = number
        self.bit = 1 << number
        self.key = key
        self.groups, skills, self.languages = key
        self.skills = dict(skills)
        self.members: dict[AgentId, Seat] = {}
        self.supplies: dict[tuple[int, int], Supply] = {}
        self.takes = 0
        """The demands, as bits, that its agents are able to take."""
        self.scarcity = 0
        """How much other work needs just these agents: 0 to 9."""


class Course:
    """The demands an item passes through as it waits: one for each stage of its requirement."""

    __slots__ = (
        "band",
        "demands",
        "key",
        "medium",
        "needs",
        "queue",
        "stages",
        "traffic",
        "weight",
        "wider",
    )

    def __init__(self, key: CourseKey, stages: tuple[int, ...]) -> None:
        self.key = key
        self.queue, self.medium, self.weight, self.band, self.needs = key
        self.stages = stages
        """The waits at which the next demand begins; the first is 0."""
        self.demands: list[Demand] = []
        self.wider: dict[tuple[int, int], Demand] = {}
        """Demands with more members, because a condition has come about."""
        self.traffic = 0
        """How much of it has come lately, in millionths of an item."""

    def step_after(self, waited: int) -> int:
        """The number of the stage an item is in after so much waiting."""
        step = len(self.stages) - 1
        while step and self.stages[step] > waited:
            step -= 1
        return step


class Demand(Line[WorkItem]):
    """Items that the same agents can take, in the order they should be taken."""

    __slots__ = (
        "bit",
        "course",
        "is_heavy",
        "medium",
        "name",
        "number",
        "offset",
        "opened",
        "profiles",
        "queue",
        "rules",
        "seen",
        "serves",
        "step",
        "strategy",
        "supplies",
        "weight",
    )

    def __init__(
        self, number: int, course: Course, step: int, strategy: Strategy, opened: int
    ) -> None:
        super().__init__(item_base(course.band, 0))
        self.number = number
        self.bit = 1 << number
        self.course = course
        self.step = step
        self.queue = course.queue
        self.medium = course.medium
        self.weight = course.weight
        self.offset = 0
        self.strategy = strategy
        self.opened = opened
        """The members, as bits, whose conditions have come about."""
        self.name = f"{course.queue}/{step}"
        self.rules = ("order=due", f"agents={strategy}")
        self.is_heavy = False
        """Heavier than the lightest work of its medium, so room must be asked of each agent."""
        self.profiles = 0
        self.serves = 0
        """The supplies, as bits, whose agents can take its items."""
        self.seen = 0
        self.supplies: list[Supply] = []
        """Those of ``seen``, as last sorted."""


class Supply(Line[Seat]):
    """Agents who can take the same items right now, longest idle first."""

    __slots__ = ("bit", "demands", "lines", "load", "number", "profile", "room", "seen", "takes")

    def __init__(self, number: int, profile: Profile, room: int, load: int) -> None:
        super().__init__(agent_base(profile.scarcity, load))
        self.number = number
        self.bit = 1 << number
        self.profile = profile
        self.lines: dict[Strategy, Line[Seat]] = {}
        """The same agents in the order of other strategies."""
        self.room = room
        self.load = load
        self.takes = 0
        """The demands, as bits, whose items its agents can take."""
        self.seen = 0
        self.demands: list[Demand] = []
        """Those of ``seen``, as last sorted."""

    def weigh_scarcity(self) -> None:
        """Stand behind all whose skills are less scarce, in every line."""
        scarcity = self.profile.scarcity
        self.rebase(agent_base(scarcity, self.load))
        for strategy, line in self.lines.items():
            load = 0 if strategy is Strategy.LEAST_LOADED else self.load
            line.rebase(agent_base(scarcity, load))

    def line_up(self, strategies: tuple[Strategy, ...]) -> None:
        """Have an empty line for each of these strategies."""
        self.lines = {strategy: Line() for strategy in strategies}
        self.weigh_scarcity()


class Index:
    """All demands and supplies, and which of them are not empty."""

    def __init__(self) -> None:
        self.terms: Terms
        self.queues: dict[QueueId, Queue] = {}
        self.profiles: dict[ProfileKey, Profile] = {}
        self.courses: dict[CourseKey, Course] = {}
        self.demands: dict[int, Demand] = {}
        self.supplies: dict[int, Supply] = {}
        self.waiting = 0
        """The demands, as bits, in which somebody waits."""
        self.order: Line[Demand] = Line()
        """The same, in the order of their heads."""
        self.ready = 0
        """The supplies, as bits, in which somebody stands ready."""
        self.standing = 0
        """How many agents stand in a supply."""
        self.in_queue: dict[QueueId, int] = {}
        """How many items wait in each queue."""
        self.strategies: tuple[Strategy, ...] = ()
        """Those in use that need lines of their own."""
        self.offsets: dict[QueueId, int] = {}
        """By how many ms the items of a queue are moved forward."""
        self.reserved: dict[str, int] = {}
        """How many agents of a group are kept ready for the queues that reserve it."""
        self.held: dict[WorkItem, None] = {}
        """The items that wait for one agent, and so in no demand."""
        self._numbers = (Numbers(), Numbers(), Numbers())

    # Items

    def enter(self, item: WorkItem) -> None:
        """Let an item wait in its demand, or in the line of the one agent it waits for."""
        demand = item.demand
        self.in_queue[demand.queue] = self.in_queue.get(demand.queue, 0) + 1
        if item.hold is not None:
            item.hold.seat.own[item] = None
            self.held[item] = None
            return
        head = demand.head if demand else None
        demand.add(item.place, item)
        if head is None:
            self.waiting |= demand.bit
            self.order.add(demand.head, demand)
        elif head != demand.head:
            self.order.remove(head)
            self.order.add(demand.head, demand)

    def leave(self, item: WorkItem) -> None:
        """Let an item wait no longer."""
        demand = item.demand
        self.in_queue[demand.queue] -= 1
        if item.hold is not None:
            del item.hold.seat.own[item], self.held[item]
            return
        head = demand.head
        demand.remove(item.place)
        if not demand:
            self.waiting &= ~demand.bit
            self.order.remove(head)
        elif head != demand.head:
            self.order.remove(head)
            self.order.add(demand.head, demand)

    def course(
        self, queue: QueueId, medium: int, weight: int, band: Band, needs: tuple[Step, ...]
    ) -> Course:
        """The course of such items, laid out when it is the first."""
        key = (queue, medium, weight, band, needs)
        course = self.courses.get(key)
        if course is None:
            settings = self.queues[queue]
            course = self.courses[key] = Course(key, stages_of(needs, settings.members))
            for step in range(len(course.stages)):
                course.demands.append(self._open_demand(course, step, settings))
        return course

    def demand(self, course: Course, step: int, opened: int) -> Demand:
        """The demand of items in this step (or the last) of a course, for whom members opened."""
        step = min(step, len(course.stages) - 1)
        if not opened:
            return course.demands[step]
        wider = course.wider.get((step, opened))
        if wider is None:
            wider = self._open_demand(course, step, self.queues[course.queue], opened)
            course.wider[step, opened] = wider
        return wider

    def drop_course(self, course: Course) -> None:
        """Forget a course whose items have left."""
        del self.courses[course.key]
        for demand in (*course.demands, *course.wider.values()):
            for profile in self.profiles.values():
                profile.takes &= ~demand.bit
            for supply in self.supplies.values():
                supply.takes &= ~demand.bit
                supply.seen = 0
            del self.demands[demand.number]
            self._numbers[0].give_back(demand.number)

    def _open_demand(self, course: Course, step: int, queue: Queue, opened: int = 0) -> Demand:
        demand = Demand(self._numbers[0].take(), course, step, queue.strategy, opened)
        self._set_offset(demand)
        demand.is_heavy = demand.weight > self.terms.lightest.get(demand.medium, demand.weight)
        self.demands[demand.number] = demand
        for profile in self.profiles.values():
            if self.is_able(profile, demand):
                self._join(profile, demand)
                for supply in profile.supplies.values():
                    self._meet(supply, demand)
        return demand

    def shift(self, queue: QueueId, offset: int) -> None:
        """Move all items of a queue forward by so much."""
        self.offsets[queue] = offset
        for demand in self.demands.values():
            if demand.queue == queue:
                head = demand.head
                self._set_offset(demand)
                if demand:
                    self.order.remove(head)
                    self.order.add(demand.head, demand)

    def _set_offset(self, demand: Demand) -> None:
        demand.offset = self.offsets.get(demand.queue, 0)
        demand.rebase(item_base(demand.course.band, demand.offset))

    # Agents

    def profile(self, agent: Agent) -> Profile:
        """The profile of such an agent, made when they are the first."""
        key = (agent.groups, agent.skills, agent.languages)
        profile = self.profiles.get(key)
        if profile is None:
            profile = self.profiles[key] = Profile(self._numbers[1].take(), key)
            for demand in self.demands.values():
                if self.is_able(profile, demand):
                    self._join(profile, demand)
        return profile

    def drop_profile(self, profile: Profile) -> None:
        """Forget a profile without members."""
        del self.profiles[profile.key]
        for demand in self.demands.values():
            demand.profiles &= ~profile.bit
        for supply in profile.supplies.values():
            for demand in self.demands.values():
                demand.serves &= ~supply.bit
                demand.seen = 0
            del self.supplies[supply.number]
            self._numbers[2].give_back(supply.number)
        self._numbers[1].give_back(profile.number)

    def supply(self, profile: Profile, room: int, load: int) -> Supply:
        """The supply of agents with this profile, room and load."""
        supply = profile.supplies.get((room, load))
        if supply is None:
            supply = Supply(self._numbers[2].take(), profile, room, load)
            supply.line_up(self.strategies)
            profile.supplies[room, load] = self.supplies[supply.number] = supply
            for demand in chosen(profile.takes, self.demands):
                self._meet(supply, demand)
        return supply

    def stand(self, seat: Seat, supply: Supply, place: int, places: tuple[int, ...] = ()) -> None:
        """Let an agent stand ready: at this place, and at these in the other lines."""
        seat.supply = supply
        seat.place = place
        seat.places = places
        supply.add(place, seat)
        for line, place_there in zip(supply.lines.values(), places, strict=True):
            line.add(place_there, seat)
        self.ready |= supply.bit
        self.standing += 1

    def step_down(self, seat: Seat) -> None:
        """Let an agent stand ready no longer."""
        supply = seat.supply
        if supply is not None:
            supply.remove(seat.place)
            for line, place in zip(supply.lines.values(), seat.places, strict=True):
                line.remove(place)
            if not supply:
                self.ready &= ~supply.bit
            seat.supply = None
            self.standing -= 1

    def keep_lines(self) -> bool:
        """Find out anew what lines the queues need. True when agents must be lined up anew."""
        used = {queue.strategy for queue in self.queues.values()}
        strategies = tuple(strategy for strategy in OWN_LINES if strategy in used)
        if strategies == self.strategies:
            return False
        for supply in self.supplies.values():
            for seat in list(supply):
                self.step_down(seat)
        self.strategies = strategies
        for supply in self.supplies.values():
            supply.line_up(strategies)
        return True

    # Who is kept

    def keep_reserves(self) -> None:
        """Find out anew what the queues reserve; the largest of several wishes counts."""
        self.reserved = {}
        for queue in self.queues.values():
            if queue.reserve is not None:
                kept = self.reserved.get(queue.reserve.group, 0)
                self.reserved[queue.reserve.group] = max(kept, queue.reserve.agents)

    def is_reserved(self, profile: Profile, demand: Demand) -> bool:
        """True when agents of the profile are to be kept ready for other work."""
        if demand.course.band is Band.EMERGENCY:
            return False
        wish = self.queues[demand.queue].reserve
        return any(
            group in profile.groups
            and (wish is None or wish.group != group)
            and self.ready_in(group, demand.medium) <= kept
            for group, kept in self.reserved.items()
        )

    def ready_in(self, group: str, medium: int) -> int:
        """How many agents of a group stand ready with room for the medium."""
        return sum(map(len, self.supplies_of(group, medium)))

    def supplies_of(self, group: str, medium: int | None = None) -> list[Supply]:
        """Those of a group in which somebody stands ready, for this medium or for any."""
        return [
            supply
            for supply in chosen(self.ready, self.supplies)
            if group in supply.profile.groups and (medium is None or supply.room >> medium & 1)
        ]

    # Who fits whom

    def is_able(self, profile: Profile, demand: Demand) -> bool:
        """True when agents of the profile may take items of the demand."""
        return self.lack(profile, demand) is None

    def lack(self, profile: Profile, demand: Demand) -> str | None:
        """What agents of the profile lack for items of the demand."""
        course = demand.course
        return missing(
            profile.groups,
            profile.skills,
            profile.languages,
            self.queues[course.queue].members,
            course.needs,
            course.stages[demand.step],
            demand.opened,
        )

    def weigh_demands(self, medium: int) -> None:
        """Find out anew which demands are heavier than the lightest of their medium."""
        for demand in self.demands.values():
            if demand.medium == medium:
                demand.is_heavy = demand.weight > self.terms.lightest[medium]

    @staticmethod
    def _join(profile: Profile, demand: Demand) -> None:
        profile.takes |= demand.bit
        demand.profiles |= profile.bit

    @staticmethod
    def _meet(supply: Supply, demand: Demand) -> None:
        if supply.room >> demand.medium & 1:
            supply.takes |= demand.bit
            demand.serves |= supply.bit


class Numbers:
    """Small numbers to tell things apart by a bit; the smallest that is free is given first."""

    __slots__ = ("_free", "_next")

    def __init__(self) -> None:
        self._free: list[int] = []
        self._next = 0

    def take(self) -> int:
        if self._free:
            smallest = min(self._free)
            self._free.remove(smallest)
            return smallest
        self._next += 1
        return self._next - 1

    def give_back(self, number: int) -> None:
        self._free.append(number)


def numbers(bits: int) -> Iterator[int]:
    """The numbers of the bits that are set, smallest first."""
    while bits:
        lowest = bits & -bits
        yield lowest.bit_length() - 1
        bits ^= lowest


def chosen(bits: int, among: dict[int, T]) -> list[T]:
    """The things whose bits are set."""
    return [among[number] for number in numbers(bits)]
