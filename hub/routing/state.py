"""Everything the router knows: owned by ``step``, and changed by nobody else."""

from __future__ import annotations

from hub.kernel.ids import AgentId, OfferId, QueueId, WorkItemId
from hub.routing.capacity import NUMBER, Terms
from hub.routing.effects import Effect, ItemMoved, Refused
from hub.routing.index import Course, Index
from hub.routing.learning import Learned
from hub.routing.model import Band, ItemState, Medium, Queue, Rules, Step, Ticket
from hub.routing.records import Offer, Seat, WorkItem
from hub.routing.standing import stand_all
from hub.routing.timers import Timers


class State:
    """All that routing depends on, and what one ``step`` gathers while it works."""

    def __init__(self, rules: Rules, epoch: int = 1) -> None:
        self.rules = rules
        self.epoch = epoch
        self.mark = f"7{epoch & 0xFFF:03x}-{0x8000 | epoch >> 12 & 0x3FFF:04x}"
        """What the ids of this epoch have in common."""
        self.now = 0
        self.index = Index()
        self.terms = self.index.terms = Terms(rules)
        """The rules of the media, by number."""
        self.seats: dict[AgentId, Seat] = {}
        self.items: dict[WorkItemId, WorkItem] = {}
        self.offers: dict[OfferId, Offer] = {}
        """Every offer not answered yet."""
        self.accepted: set[OfferId] = set()
        """Offers whose work is in hand, so that accepting twice is accepting once."""
        self.learned: dict[QueueId, Learned] = {}
        """What experience says of each queue."""
        self.served = 0
        """How many items with a goal came to an end of waiting since the last steering."""
        self.tickets: dict[WorkItemId, Ticket] = {}
        """The places of customers who gave up waiting."""
        self.timers = Timers()
        self.next_seq = 1
        self.next_agent = 1
        self.next_offer = 1
        self.out: dict[str, int] = {}
        """How many agents stand in no supply, by reason."""
        # Within one step:
        self.effects: list[Effect] = []
        self.trigger = ""
        self.freed: dict[Seat, None] = {}
        """Agents who may be able to take more than before; where they stand is yet to be found."""
        self.arrived: dict[WorkItem, None] = {}
        """Items that may be served by more agents than before."""
        self.touched: dict[Seat, None] = {}
        """Agents whose load changed."""
        self.eased: dict[Seat, None] = {}
        """Agents who have let go of something that they waited to be rid of."""

    def queue_of(self, item: WorkItem) -> Queue:
        """The queue the item waits in, or came from."""
        return self.index.queues[item.demand.queue]

    def course_for(
        self, queue: QueueId, medium: Medium, weight: int, band: Band, needs: tuple[Step, ...]
    ) -> Course:
        """The course of such items; the lightest kind yet changes what agents have room for."""
        number = NUMBER[medium]
        if self.terms.allow(number, weight):
            self.index.weigh_demands(number)
            stand_all(self)
        return self.index.course(queue, number, weight, band, needs)

    def refuse(self, code: str, subject: str) -> None:
        """Answer that the input was not possible."""
        self.effects.append(Refused(code, subject))

    def tell(self, item: WorkItem, reason: str) -> None:
        """Say where the item is now."""
        agent = item.agent
        self.effects.append(
            ItemMoved(
                item.id,
                item.state,
                reason,
                item.demand.queue,
                None if agent is None else agent.id,
                item.seq,
                item.enqueued_at,
                item.due,
                item.demand.step,
                item.attempts,
            )
        )

    def finish(self, item: WorkItem, state: ItemState, reason: str) -> None:
        """The item ends; nobody holds it any more."""
        item.state = state
        item.agent = None
        del self.items[item.id]
        self.tell(item, reason)
