"""Making members, their cards and the key that signs them."""

import stat

import pytest
import zxingcpp
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from PIL import Image

from central import code_keys, members, qr
from central.clock import now_ms
from central.store import members as rows
from loyalty.code import Claims
from runtime.errors import Misconfigured, Rejected
from sync import codes

NOW_S = 1_795_000_000


def verify(signer):
    """What a terminal does with the public key from the feed."""

    def holds(key_id, message, signature):
        if key_id != signer.key_id:
            return None
        try:
            Ed25519PublicKey.from_public_bytes(bytes.fromhex(signer.public_key)).verify(signature, message)
        except InvalidSignature:
            return False
        return True

    return holds


async def add(office, name="Alef", code=""):
    """Make a member."""
    return await office.store.run(members.add, name, code, now_ms())


async def test_a_member_s_code_is_believed_by_a_terminal(office, tmp_path):
    """It names the handle and the generation, and ends after the years asked for."""
    signer, member = code_keys.load(tmp_path), await add(office)
    card = members.card(member, signer, NOW_S, 2)
    claims = codes.read(card.text, verify(signer))
    assert claims == Claims(member.handle, 0, NOW_S, NOW_S + 2 * (365 * 86400 + 21600))
    assert card.expires_s == claims.expires_s


async def test_a_new_card_makes_the_old_one_void(office, tmp_path):
    """The generation is raised, and the new code says so."""
    signer, member = code_keys.load(tmp_path), await add(office)
    renewed = await office.store.run(members.new_card, member.handle)
    assert codes.read(members.card(renewed, signer, NOW_S).text, verify(signer)).generation == 1
    for _ in range(254):
        await office.store.run(members.new_card, member.handle)
    with pytest.raises(Rejected, match="255 cards"):
        await office.store.run(members.new_card, member.handle)


async def test_a_plain_card_belongs_to_one_member(office):
    """Its number must be an EAN-13 of the program's own, and nobody else's."""
    member = await add(office, "Alef", "2900000000018")
    assert await office.store.read(rows.codes_of, [member.id]) == {member.id: ["2900000000018"]}
    for code, why in (
        ("2900000000018", "code_taken"),
        ("2900000000019", "code_invalid"),
        ("290000000001", "code_invalid"),
        ("29000000000١8", "code_invalid"),
        ("7290000000015", "code_prefix"),
    ):
        with pytest.raises(Rejected) as refused:
            await add(office, "Bet", code)
        assert refused.value.code == why
    assert await office.store.read(rows.find, "Bet", 10) == []


async def test_members_are_found(office):
    """By the beginning of the name in any case, by card, by handle; signs mean themselves."""
    alef, percent = await add(office, "Alef", "2900000000018"), await add(office, "100%")
    for text in ("al", "ALEF", alef.handle, "2900000000018"):
        assert [found.id for found in await office.store.read(rows.find, text, 10)] == [alef.id]
    assert [found.id for found in await office.store.read(rows.find, "100%", 10)] == [percent.id]
    assert await office.store.read(rows.find, "%", 10) == []
    assert len(await office.store.read(rows.find, "", 10)) == 2


@pytest.mark.parametrize("name", ["x" * 61, "\ud800", "a\0b"])
async def test_a_name_that_cannot_be_is_refused(office, name):
    """Too long, half of a surrogate pair, a NUL."""
    with pytest.raises(Rejected):
        await add(office, name)


async def test_an_unknown_member_is_told(office):
    """With the command that looks for one."""
    with pytest.raises(Rejected, match="member find"):
        await office.store.read(members.get, "nobody")
    with pytest.raises(Rejected):
        await office.store.run(members.new_card, "nobody")


def test_the_key_is_made_once_and_kept_private(tmp_path):
    """The same key every time, in a file that only its owner reads."""
    first, again = code_keys.load(tmp_path), code_keys.load(tmp_path)
    assert (first.key_id, first.public_key) == (again.key_id, again.public_key)
    [path] = tmp_path.iterdir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_key_that_others_may_read_is_refused(tmp_path):
    """So is a file that holds no key, and a place that cannot be written."""
    code_keys.load(tmp_path)
    path = tmp_path / code_keys.FILE_NAME
    path.chmod(0o644)
    with pytest.raises(Misconfigured, match="chmod 600"):
        code_keys.load(tmp_path)
    path.chmod(0o600)
    path.write_bytes(b"short")
    with pytest.raises(Misconfigured, match="does not hold a key"):
        code_keys.load(tmp_path)
    with pytest.raises(Misconfigured):
        code_keys.load(tmp_path / "nowhere")


async def test_the_public_key_is_published_once(office, tmp_path):
    """A second start tells terminals nothing new."""
    signer, terminal = code_keys.load(tmp_path), await office.terminal()
    await office.store.run(code_keys.publish, signer)
    cursor = (await office.feed(terminal)).cursor
    await office.store.run(code_keys.publish, signer)
    assert (await office.feed(terminal, cursor)).rows == ()


def test_the_qr_code_can_be_read(tmp_path):
    """A decoder reads the PNG as the text; the SVG has no style that a strict page would refuse."""
    text = "PL1:" + "ABCDEFGH2345" * 14
    qr.write_png(text, tmp_path / "code.png")
    with Image.open(tmp_path / "code.png") as picture:
        assert [found.text for found in zxingcpp.read_barcodes(picture.convert("L"))] == [text]
        assert picture.size == ((45 + 8) * 8, (45 + 8) * 8)
    qr.write_svg(text, tmp_path / "code.svg")
    drawn = (tmp_path / "code.svg").read_text()
    assert drawn.startswith("<svg")
    assert "style" not in drawn
    with pytest.raises(Misconfigured):
        qr.write_png(text, tmp_path / "no" / "code.png")
