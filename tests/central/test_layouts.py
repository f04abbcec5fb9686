"""Head office publishes how receipts look; every terminal is told the last one."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from central import cli, layouts
from central.store import audit, programs
from central.store import layouts as rows
from loyalty.layout import Layout, Line
from runtime.errors import Rejected
from runtime.toml_file import InvalidFile
from sync import layout_file, wire
from tests.terminals import entity

FOLDER = Path(__file__).resolve().parents[2] / "config" / "receipts"
STANDARD, CAFE = FOLDER / "standard.toml", FOLDER / "cafe.toml"


async def publish(store, file, now_ms=1, version=None):
    """Publish a file, under another version if one is given."""
    layout, values = layout_file.load(file)
    if version:
        values = {**values, "version": version}
        layout = layout_file.from_json(values)
    return await store.run(layouts.publish, layout, values, "office", now_ms)


async def told(office, terminal, cursor=""):
    """The layouts on the next page of the feed, and where it ended."""
    page = await office.feed(terminal, cursor)
    return [entity(row) for row in page.rows if row.kind == "layout"], page.cursor


async def test_a_terminal_is_told_the_last_layout(office):
    """Whole, its logo among it; the one before is replaced, and nothing is said twice."""
    terminal = await office.terminal()
    assert (await told(office, terminal))[0] == []
    await publish(office.store, STANDARD)
    first, cursor = await told(office, terminal)
    assert first == [wire.LayoutRow(layout_file.load(STANDARD)[1])]
    assert (await told(office, terminal, cursor))[0] == []
    await publish(office.store, CAFE, version=2)
    second, cursor = await told(office, terminal, cursor)
    assert layout_file.from_json(second[0].layout).logo is not None
    assert (await told(office, terminal, cursor))[0] == []
    assert (await told(office, terminal))[0] == second  # from the beginning: only the last one


async def test_publishing_the_same_again_changes_nothing(store):
    """A command may be repeated."""
    assert await publish(store, CAFE) is True
    assert await publish(store, CAFE) is False
    assert len(await store.read(rows.newest, 10)) == 1


async def test_a_version_must_rise(store):
    """What is published under a number stays what it was."""
    await publish(store, CAFE, version=2)
    with pytest.raises(Rejected) as caught:
        await publish(store, STANDARD)
    assert caught.value.code == "layout_version"
    assert "version = 3" in caught.value.hint


async def test_who_published_is_kept(store):
    """In the audit log."""
    await publish(store, CAFE, now_ms=77)
    (note,) = await store.read(audit.notes, 10)
    assert (note.made_ms, note.person, note.action, note.subject) == (77, "office", "publish_layout", "cafe 1")


async def test_the_list_has_the_last_one_first(store):
    """As it is used."""
    await publish(store, STANDARD)
    await publish(store, CAFE, version=2)
    assert [(one.name, one.version) for one in await store.read(rows.newest, 10)] == [("cafe", 2), ("standard", 1)]


@pytest.fixture
def layout(tmp_path):
    """Runs `posd-central layout ...` on a state directory of its own; what it printed."""
    config = tmp_path / "central.toml"
    config.write_text(f'state_dir = "{tmp_path / "state"}"\n')

    def run(*words):
        environment = {"POSD_CENTRAL_CONFIG": str(config)}
        ran = CliRunner().invoke(cli.group, ["layout", *words], env=environment, standalone_mode=False)
        if ran.exception:
            raise ran.exception
        return ran.stdout

    return run


def test_check_publish_list(layout):
    """As a person types it, and as JSON."""
    assert "is a layout" in layout("check", str(CAFE))
    assert json.loads(layout("check", str(CAFE), "--json")) == {"name": "cafe", "version": 1}
    assert "None yet" in layout("list")
    assert layout("publish", str(CAFE)) == "published: cafe, version 1\n"
    assert layout("publish", str(CAFE)) == "published: cafe, version 1, as it was already\n"
    assert layout("list").startswith("cafe  version 1  published ")
    assert [one["version"] for one in json.loads(layout("list", "--json"))] == [1]


def test_publish_tells_units_that_no_program_has(layout, tmp_path):
    """A misspelled one would be a line that is never printed, and nobody would know why."""
    file = tmp_path / "mine.toml"
    words = '[[lines]]\nwords.en = "{{ balance.pionts }}, {{ balance.points }} {{ name }}"\nqr = "x{{ earned.stars }}"\n'
    always = "".join(f'[[lines]]\nshow = "{part}"\n' for part in ("copy", "training", "returned", "offline"))
    file.write_text(f'name = "mine"\nversion = 1\n{words}{always}')
    assert "no published program has the unit pionts, points, stars: words" in layout("publish", str(file))
    assert json.loads(layout("publish", str(file), "--json"))["strange_units"] == ["pionts", "points", "stars"]


async def test_a_unit_of_any_published_program_is_none_of_them(store):
    """Of an older one too: it may still be in force somewhere."""
    layout = Layout("mine", 1, (Line(words={"he": "{{ balance.points }} {{ balance.pionts }}"}, qr="{{ worth.wallet }}"),))
    for version, units in enumerate((["points"], ["wallet", "status"]), 1):
        said = json.dumps({"units": dict.fromkeys(units, "")}).encode()
        await store.run(programs.add, programs.Published(version, "cafe", f"{version}", said, 0))
    assert await store.read(layouts.strange_units, layout) == ["pionts"]


def test_a_broken_layout_is_not_published(layout, tmp_path):
    """Its mistakes are told as file:line, and nothing has changed."""
    file = tmp_path / "mine.toml"
    file.write_text(STANDARD.read_text().replace('"club"', '"clubb"'))
    for command in ("check", "publish"):
        with pytest.raises(InvalidFile) as caught:
            layout(command, str(file))
        assert "there is no part 'clubb'" in str(caught.value)
        assert str(file) in caught.value.lines[0]
    assert "None yet" in layout("list")
