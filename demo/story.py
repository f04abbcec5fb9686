"""The main job, told as it happens: from a member's code in a photo to a transaction at head office, with a crash in between."""

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from demo.paper import Paper
from demo.photo import photograph, save
from demo.scans import Listener
from demo.shop import ROOT, Failed, Shop

FIRST_NAME = "חבר"
TODAY = datetime.now().astimezone().date().isoformat()
SEED = 7
TRIES = 5


class Story:
    """One shop, one member, one day. `stages_ms` has what each stage took, as a person at the till would have felt it."""

    def __init__(self, folder: Path) -> None:
        """Nothing runs yet."""
        self.folder = folder
        self.paper = Paper(folder / "printed")
        self.shop = Shop(folder / "shop", printer_port=self.paper.port)
        self.stages_ms: dict[str, float] = {}
        self.ids: list[str] = []
        self.receipt = 1000
        self.member: dict[str, Any] = {}

    def tell(self) -> dict[str, Any]:
        """All of it; the closing line. Raises Failed."""
        self.open()
        self.first_sale()
        self.reward()
        self.outage()
        self.crash()
        return self.account()

    def open(self) -> None:
        """Head office, program, terminal, member."""
        say("Head office opens, publishes the café's program, and enrols a terminal by a one-time code.")
        with self.stage("open"):
            self.shop.open(ROOT / "config/programs/cafe.toml")
        status = self.shop.run_posd("status")
        detail(
            f"{status['name']} of {status['store']}, program {status['program']['code']} "
            f"version {status['program']['version']}, {'online' if status['online'] else 'offline'}"
        )
        say(f"A member joins: {FIRST_NAME}. Head office signs a code and draws it as a QR.")
        self.member = self.shop.run_office("member", "add", "--first-name", FIRST_NAME)
        png = self.folder / "member-code.png"
        self.member |= self.shop.run_office("member", "code", self.member["handle"], "--png", str(png))
        detail(f"{self.member['code'][:24]}... -> {png}")
        self.shop.wait_till("the member at the terminal", lambda: self.known() is not None)

    def first_sale(self) -> None:
        """A photo of the code, a scan, a quote, a sale."""
        say("The member holds a phone to the camera: perspective, blur, uneven light, noise.")
        photo = self.folder / "photo.png"
        save(photograph((self.folder / "member-code.png").read_bytes(), SEED - 1), photo)
        listener = Listener(self.shop)
        with self.stage("scan_to_member"):
            (self.shop.pictures / "photo.png").write_bytes(photo.read_bytes())
            scan = listener.next("scan")
        if not scan["member"]:
            raise Failed(f"the photo was not read as a member: {scan['refusal']}")
        detail(f"read from {photo}: {scan['member']['first_name']}, tier {scan['member']['tier']['name']}")
        booked = self.sell([("ארוחת בוקר זוגית", 13800), ("קפה הפוך", 1800), ("מגש אירוח", 18400)])
        detail(f"sale 1: paid {shekels(booked['paid_minor'])}, earned {booked['earned']['points']} points")
        self.settle()

    def reward(self) -> None:
        """Points are spent under a hold at head office."""
        say("Next visit: the member takes ten shekels off, twice. Head office holds the points before anything is promised.")
        lines = [("כריך טוניק", 4200), ("מיץ תפוזים", 1900)]
        with self.stage("quote"):
            quote = self.shop.ask("POST", "/v1/quote", self.ask(lines))
        for step in quote["trace"]:
            detail(step["sentence"])
        booked = self.sell(lines, choices=[{"reward": "ten_off", "times": 2}])
        earned, spent = booked["earned"]["points"], booked["spent"]["points"]
        detail(f"sale 2: paid {shekels(booked['paid_minor'])}, earned {earned}, spent {spent}")
        with self.stage("printed"):
            picture = self.paper.wait_for(2)
        self.show(booked["id"])
        detail(f"the printer on TCP {self.paper.port} got it: {picture}")
        self.settle()

    def outage(self) -> None:
        """Head office is gone; the shop goes on."""
        say("Head office is switched off. The shop sells on, twice, and takes a sandwich back.")
        took_s = self.shop.office.stop()
        detail(f"head office stopped in {took_s:.1f} s")
        self.shop.wait_till("the terminal to notice", lambda: not self.shop.status()["online"])
        third = self.sell([("קפה שחור", 1200), ("מאפה", 2200)])
        self.sell([("תה", 1100)], member=False)
        refused = self.shop.ask("POST", "/v1/agreements", self.ask([("סלט", 5200)], [{"reward": "ten_off", "times": 1}]))
        if not refused["refusal"]:
            raise Failed("points were promised without head office")
        detail(f"a reward is refused: {refused['refusal']['sentence']}")
        back = {**self.till(), "sale": self.ids[1], "lines": [{"line": "1", "quantity_milli": 1000}]}
        returned = self.shop.ask("POST", "/v1/returns", back, key=f"r{self.receipt}")
        self.ids.append(returned["id"])
        refund, taken = shekels(returned["refund_minor"]), returned["taken_back"]
        detail(f"return: {refund} back, {taken} taken back, {returned['given_back']} given back")
        detail(f"the last sale earned {third['earned']['points']} points")
        detail(f"{self.shop.status()['queued_records']} records wait for head office")

    def crash(self) -> None:
        """SIGKILL, then everything comes back. The receipts are out before: one in the printer's hands would be told as unknown."""
        self.paper.wait_for(4)
        say("The terminal's power is cut: SIGKILL. Then both come back.")
        self.shop.terminal.stop(signal.SIGKILL)
        with self.stage("back_and_synced"):
            self.shop.office.start()
            self.shop.terminal.start()
            self.shop.wait_office()
            self.shop.wait_till("the terminal", lambda: self.shop.status()["enrolled"])
            self.settle()

    def account(self) -> dict[str, Any]:
        """What head office has against what the till did."""
        say("The books are compared.")
        held = [one["id"] for one in self.shop.run_office("record", "list") if one["kind"] in {"sale", "return"}]
        once = sorted(held) == sorted(self.ids)
        said = "each exactly once" if once else "WRONG"
        detail(f"the till was promised {len(self.ids)} transactions; head office has {len(held)}: {said}")
        known = self.known()
        here = {one["unit"]: one["pieces"] for one in known["balances"]} if known else {}
        there = next(one for one in self.shop.run_office("member", "find", self.member["handle"]))["balances"]
        detail(f"balance at the terminal {here}, at head office {there}")
        checked = self.shop.run_office("check")
        detail(f"head office's own check: {checked}")
        printed = self.paper.wait_for(4)
        return {
            "ok": once and here == there and here["points"] > 0,
            "sales": len(self.ids) - 1,
            "returns": 1,
            "balance_terminal": here.get("points"),
            "balance_head_office": there.get("points"),
            "receipt_png": str(printed),
            "stages_ms": self.stages_ms,
        }

    def ask(
        self, lines: list[tuple[str, int]], choices: list[dict[str, Any]] | None = None, *, member: bool = True
    ) -> dict[str, Any]:
        """A basket as the API wants it."""
        shaped = [
            {"id": str(n), "product": name, "name": name, "amount_minor": amount} for n, (name, amount) in enumerate(lines, 1)
        ]
        return {"basket": {"lines": shaped}, "code": self.member["code"] if member else "", "choices": choices or []}

    def sell(
        self, lines: list[tuple[str, int]], choices: list[dict[str, Any]] | None = None, *, member: bool = True
    ) -> dict[str, Any]:
        """Agree, take the money, commit."""
        for _ in range(TRIES):
            with self.stage("agree"):
                agreed = self.shop.ask("POST", "/v1/agreements", self.ask(lines, choices, member=member))
            if not agreed["refusal"] or agreed["refusal"]["code"] != "head_office_unreachable":
                break
            detail("head office needed longer than 0.8 s on this busy machine; the cashier asks again")
        if agreed["refusal"]:
            raise Failed(f"no agreement: {agreed['refusal']}")
        sale = {
            **self.till(),
            "tenders": [{"kind": "cash", "amount_minor": agreed["to_pay_minor"]}],
            "agreement": agreed["agreement"],
        }
        with self.stage("commit"):
            booked: dict[str, Any] = self.shop.ask("POST", "/v1/sales", sale, key=f"s{self.receipt}")
        self.ids.append(booked["id"])
        return booked

    def till(self) -> dict[str, str]:
        """The till's own receipt, a new one each time."""
        self.receipt += 1
        return {"till": "till-1", "cashier": "1", "receipt_number": str(self.receipt), "business_date": TODAY}

    def known(self) -> dict[str, Any] | None:
        """The member as the terminal has them, once head office's word is here."""
        member: dict[str, Any] | None = self.shop.ask("POST", "/v1/members/look-up", {"code": self.member["code"]})["member"]
        return None if member is None or member["provisional"] else member

    def settle(self) -> None:
        """Until head office has everything and the terminal has heard the balance that comes of it."""

        def settled() -> bool:
            status = self.shop.status()
            if status["queued_records"] or not status["online"]:
                return False  # there is no need to ask head office yet
            there = self.shop.run_office("member", "find", self.member["handle"])[0]["balances"]
            known = self.known()
            return bool(there == ({one["unit"]: one["pieces"] for one in known["balances"]} if known else {}))

        self.shop.wait_till("head office and the terminal to agree", settled)

    def show(self, record: str) -> None:
        """The receipt, in the terminal."""
        text = self.shop.ask("GET", f"/v1/records/{record}/receipt.txt")
        for line in text.decode().rstrip().splitlines():
            print(f"      | {line}")

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Note how long it took; the last time counts."""
        started = time.perf_counter()
        yield
        self.stages_ms[name] = round((time.perf_counter() - started) * 1000, 1)


def say(sentence: str) -> None:
    """A step of the story."""
    print(f"\n== {sentence}", flush=True)


def detail(line: str) -> None:
    """What it came to."""
    print(f"   {line}", flush=True)


def shekels(minor: int) -> str:
    """Agorot as a person reads them."""
    return f"₪{minor // 100}.{minor % 100:02}"
