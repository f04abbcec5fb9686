"""Bugs that others have shipped, planted one at a time into the real code: a simulator that misses one of them has no teeth.

Each is what somebody could write tomorrow, as patches over real functions, and the faults under which it shows itself soon.
Where they come from: research/reliability.md 1.4 and 3.1.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

from tests.sim import planted_at_counter as counter
from tests.sim import planted_here as here
from tests.sim import planted_there as there
from tests.sim.faults import Faults

LOSSY = Faults(lose_request=0.2, lose_reply=0.3, duplicate=0.3, delay=0.2, partition=1.0, restless_till=1.0)
CRASHY = Faults(terminal_dies=0.05, terminal_crash=2.0, office_dies=0.02, office_crash=1.0, lose_reply=0.2, restless_till=1.0)
POWER = Faults(terminal_dies=0.05, terminal_crash=12.0)
RESTLESS = Faults(restless_till=1.0)
CROWDED = Faults(crowd=0.9, restless_till=0.0)
ALONE = Faults(crowd=0.95, partition=10.0)
FORGETFUL = Faults(rollback=6.0, restless_till=1.0, lose_reply=0.2)
BUSY = Faults(restless_till=1.0, program_change=4.0, new_card=1.0, lose_reply=0.1, lose_request=0.1)
CLOCKS = Faults(clock_jump=6.0)
APART = Faults(partition=4.0, swizzle=1.0, lose_reply=0.1)
FULL = Faults(disk_full=6.0)
TWISTED = Faults(rollback=4.0, clone=2.0, restless_till=1.0, lose_reply=0.2)
RESTORED = Faults(backup=4.0, restore=2.0, restless_till=1.0, partition=4.0)
COUNTER = Faults(counter=0.7, lose_request=0.3, lose_reply=0.1, partition=6.0)
GREEDY = Faults(backup=4.0, restore=2.0, partition=4.0, crowd=0.9)


@dataclass(frozen=True)
class Planted:
    """A bug: what it is, under which faults it is looked for, and what of the real code it replaces."""

    faults: Faults
    patches: Callable[[], Mapping[str, Any]]
    sales: int = 30  # a small day has all that most of them need

    @contextmanager
    def in_place(self) -> Iterator[None]:
        """The bug is there."""
        with ExitStack() as stack:
            for target, bug in self.patches().items():
                stack.enter_context(patch(target, bug))
            yield


BUGS: Mapping[str, Planted] = {
    "a retry gets an id of its own": Planted(LOSSY, there.new_id_on_retry),
    "synchronous is NORMAL": Planted(POWER, there.synced_now_and_then),
    "the folder is not synced": Planted(POWER, there.names_not_synced),
    "the cursor is saved before its rows": Planted(CRASHY, there.cursor_before_rows),
    "nobody voids what may have been granted": Planted(LOSSY, there.void_forgotten),
    "a start voids nothing": Planted(CRASHY, there.nothing_recovered),
    "a cancelled agreement keeps its holds": Planted(RESTLESS, there.cancelled_without_void),
    "a commit on a cancelled agreement is refused": Planted(RESTLESS, there.refused_after_payment),
    "a commit is quoted again": Planted(BUSY, there.quoted_again),
    "a key is not looked for": Planted(RESTLESS, there.not_looked_before),
    "a key alone is enough": Planted(RESTLESS, there.key_is_enough),
    "points are spent without asking": Planted(CROWDED, there.spent_without_asking),
    "what is included is counted again": Planted(RESTLESS, there.included_twice),
    "what a snapshot includes is counted again": Planted(RESTORED, there.snapshot_includes_nothing, 60),
    "a full disk is nobody's business": Planted(FULL, there.full_disk_raised),
    "silence is taken for a yes": Planted(LOSSY, there.silence_is_yes),
    "a failed push waits for the next sale": Planted(LOSSY, there.tried_once),
    "rows that commit late are passed over": Planted(LOSSY, there.late_rows_passed_over),
    "what is included is counted from the page": Planted(BUSY, there.counted_from_the_page),
    "the last record of a batch is lost": Planted(APART, here.last_of_a_batch_lost),
    "records of wrong clocks are refused": Planted(CLOCKS, here.wrong_clocks_refused),
    "a timer frees holds": Planted(CROWDED, here.hold_freed_by_a_timer),
    "a timer takes leases back": Planted(ALONE, here.lease_freed_by_a_timer),
    "a lease is spent again and again": Planted(ALONE, there.lease_spent_again, 60),
    "a copied code spends in two shops": Planted(CROWDED, here.steps_not_kept),
    "a code ends by the terminal's own clock": Planted(CLOCKS, there.own_clock_only),
    "every hold is granted": Planted(CROWDED, here.everything_granted),
    "a void leaves no tombstone": Planted(LOSSY, here.no_tombstone),
    "a sale leaves its holds open": Planted(RESTLESS, here.holds_outlive_sales),
    "goods come back twice for money": Planted(RESTLESS, here.returned_again),
    "a return that overtakes its sale dies": Planted(APART, here.overtaking_return_dies),
    "a return waits for ever": Planted(APART, here.nobody_wakes_returns),
    "a poisoned record blocks the queue": Planted(RESTLESS, here.poison_in_the_queue),
    "a member's handle is logged": Planted(RESTLESS, here.handle_in_the_log),
    "head office goes by the program of today": Planted(BUSY, here.program_of_today),
    "a balance forgets one side": Planted(RESTLESS, here.half_an_entry),
    "head office books another amount": Planted(RESTLESS, here.amount_of_the_basket),
    "hashes are not compared": Planted(TWISTED, here.forks_not_seen),
    "the second history is thrown away": Planted(TWISTED, here.second_history_thrown_away),
    "ids that had their effect are forgotten": Planted(FORGETFUL, here.ids_forgotten, 60),
    "a gap is not filled": Planted(RESTORED, here.gap_not_filled),
    "a second claim counts too": Planted(COUNTER, counter.second_claim_counts),
    "a merge forgets what comes late": Planted(COUNTER, counter.merge_forgets_what_is_late),
    "an attachment is dropped before it is heard": Planted(COUNTER, counter.dropped_before_it_is_heard),
    "an attachment is kept": Planted(COUNTER, counter.attachment_kept),
    "a sale before its join is a dead letter": Planted(COUNTER, counter.unknown_is_dead),
    "a receipt is not told missing": Planted(COUNTER, counter.receipt_not_told_missing),
    "a blank code is given twice": Planted(COUNTER, counter.code_given_twice),
    "a restored head office grants at once": Planted(GREEDY, here.granting_while_restored),
}
"""Every planted bug by name."""
