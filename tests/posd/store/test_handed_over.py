"""What is ours of members who were merged or have joined, when head office's word comes as a snapshot."""

from pathlib import Path
from typing import Any

import pytest

from posd.store import members, snapshots
from sync.snapshot import Loading, Taken
from tests.till import DATE, POOR, RICH, Till, code_of, lines, row

HASH = "0" * 64


async def snapshot(shop: Till, *rows: Any) -> None:
    """One chunk that is the first and the last."""
    loading = Loading("c", "f", "one", len(rows), HASH)
    await shop.store.run(snapshots.save_chunk, Taken(rows, loading, 5, first=True, last=True))


async def test_a_merge_that_comes_as_a_snapshot(shop: Till) -> None:
    """What the balances include is told with the card that went, whichever row comes first; what they lack goes along."""
    heard = await shop.sell(3000, "k1", ask={"basket": lines(3000), "code": code_of(POOR)})
    await shop.sell(700, "k2", ask={"basket": lines(700), "code": code_of(POOR)})
    included = (heard["id"],)
    await snapshot(shop, row(RICH, 320, includes=included), row(POOR, 0, merged_into=RICH, includes=included))
    for code in (code_of(POOR), code_of(RICH)):
        assert await shop.balance(code) == 327


@pytest.mark.parametrize("by_snapshot", [True, False])
async def test_a_merge_that_a_restore_has_undone(shop: Till, by_snapshot: bool) -> None:
    """What was sold to the one while the cards were merged is in the other's balance there: not counted with the one as well."""
    await shop.learns(row(RICH, 300), row(POOR, 0, merged_into=RICH))
    sold = await shop.sell(700, "k1", ask={"basket": lines(700), "code": code_of(POOR)})
    assert [await shop.balance(code_of(handle)) for handle in (RICH, POOR)] == [307, 307]
    restored = (row(RICH, 250), row(POOR, 57, includes=(sold["id"],)))
    await (snapshot(shop, *restored) if by_snapshot else shop.learns(*restored))
    assert [await shop.balance(code_of(handle)) for handle in (RICH, POOR)] == [250, 57]
    await shop.learns(row(RICH, 307), row(POOR, 0, merged_into=RICH))
    assert [await shop.balance(code_of(handle)) for handle in (RICH, POOR)] == [307, 307]


async def test_a_name_that_was_given_here_goes_once_head_office_tells_it(shop: Till, tmp_path: Path) -> None:
    """By the feed or by a snapshot; a card that head office does not know yet keeps it."""
    for handle in (RICH, POOR, "aa" * 10):
        await shop.store.run(members.join, handle, "חברה", DATE, "")
    await shop.learns(row(RICH, 0, first_name="", joined=DATE))
    await snapshot(shop, row(POOR, 0, first_name="", joined=DATE))

    def kept(db: Any) -> list[Any]:
        return db.execute("SELECT first_name FROM member ORDER BY id").fetchall()

    assert [name for (name,) in await shop.store.look(kept)] == ["", "", "חברה"]
