"""Pools of codes that are nobody's: one for each journal, filled by the feed, and never anybody else's."""

from central import blanks, code_keys
from central.clock import now_ms
from central.store import blanks as stored
from loyalty.code import Claims
from sync import codes, wire
from tests.central.test_people import joins, person
from tests.terminals import entity


async def fill(office, tmp_path, size=4):
    """Fill every pool; the signer."""
    signer = code_keys.load(tmp_path)
    while await office.store.run(blanks.fill, signer, size, now_ms()):
        pass
    return signer


async def told(office, terminal, cursor=""):
    """The pool as the terminal hears of it, and the cursor behind it."""
    page = await office.feed(terminal, cursor)
    found = [one.codes for one in map(entity, page.rows) if isinstance(one, wire.PoolRow)]
    return (found[0] if found else None), page.cursor


def handles(signer, pool):
    """Whose codes those are, by the public key alone."""
    verify = codes.verifier({signer.key_id: bytes.fromhex(signer.public_key)})
    claims = [codes.read(code, verify) for code in pool]
    assert all(isinstance(one, Claims) and one.expires_s > now_ms() // 1000 + 4 * 365 * 86400 for one in claims)
    return [one.handle for one in claims]


async def test_each_terminal_has_a_pool_of_its_own(office, tmp_path):
    """Signed, of fresh handles, told to nobody else; a full one is left alone."""
    first, second = await office.terminal(), await office.terminal()
    signer = await fill(office, tmp_path)
    pools = [handles(signer, (await told(office, one))[0]) for one in (first, second)]
    assert [len(pool) for pool in pools] == [4, 4]
    assert len({*pools[0], *pools[1]}) == 8
    assert await office.store.run(blanks.fill, signer, 4, now_ms()) == 0


async def test_a_pool_is_filled_once_it_is_half_empty(office, tmp_path):
    """Those that are somebody's now are not in it any more."""
    terminal = await office.terminal()
    signer = await fill(office, tmp_path)
    pool, cursor = await told(office, terminal)
    first, second, third, fourth = handles(signer, pool)
    for handle in (first, second):
        joins(terminal, person(), handle=handle)
    await office.deliver()
    assert await office.store.run(blanks.fill, signer, 4, now_ms()) == 0
    joins(terminal, person(), handle=third)
    await office.deliver()
    await fill(office, tmp_path)
    now = handles(signer, (await told(office, terminal, cursor))[0])
    assert (len(now), fourth in now, {first, second, third} & set(now)) == (4, True, set())


async def test_a_terminal_that_is_enrolled_anew_gets_another_pool(office, tmp_path):
    """What was given out on the old disk nobody knows."""
    from central import enrol

    terminal = await office.terminal("A")
    signer = await fill(office, tmp_path)
    before, _ = await told(office, terminal)
    code = (await office.store.run(enrol.new_code, ("Allenby 12", "A"), "Asia/Jerusalem", now_ms())).code
    terminal.records.clear()
    terminal.is_now(await office.enrol(terminal, code))
    await fill(office, tmp_path)
    now, _ = await told(office, terminal)
    assert (len(now), set(now) & set(before)) == (4, set())
    assert [pool.left for pool in await office.store.read(stored.pools, 100, 10)] == [4]
    assert handles(signer, now)


async def test_cards_to_hand_out_are_nobody_s_pool(office, tmp_path):
    """As many as were asked for, all different, kept by nobody but whoever has them in hand."""
    signer = code_keys.load(tmp_path)
    cards = await office.store.run(blanks.print_cards, signer, 5, "office", now_ms())
    assert handles(signer, [code for _, code in cards]) == [handle for handle, _ in cards]
    assert len({handle for handle, _ in cards}) == 5
    assert await office.store.read(stored.pools, 100, 10) == []


async def test_no_pools_where_the_settings_say_so(office, tmp_path):
    """Size 0."""
    await office.terminal()
    assert await office.store.run(blanks.fill, code_keys.load(tmp_path), 0, now_ms()) == 0
