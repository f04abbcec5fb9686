"""What the terminal's disk is fit for: sales always, spending not always."""

from dataclasses import dataclass

from loyalty.refusal import Refusal

ROLLED_BACK = "rolled_back"


@dataclass
class Condition:
    """Kept by the store, read by the checkout, the status and the page. Sales are booked and accrue whatever it says.

    `unchecked`: the last stop was none of ours, and the whole journal has not been checked since. `frozen`: why this database
    may not spend for good (ROLLED_BACK, FORKED), until the terminal is enrolled anew. `full`: the ballast is gone. `unguarded`:
    why the high-water file cannot be written.
    """

    unchecked: bool = False
    frozen: str = ""
    full: bool = False
    unguarded: str = ""

    def spending(self) -> Refusal | None:
        """Why nothing may be spent now, if that is so."""
        if self.frozen:
            return Refusal("spending_frozen")
        if self.unchecked:
            return Refusal("spending_unchecked")
        return Refusal("spending_disk_full") if self.full else None

    def troubles(self) -> list[str]:
        """What a person should see to, as codes of docs/operate.md."""
        said = {self.frozen: bool(self.frozen), "unchecked": self.unchecked, "disk_full": self.full}
        return [code for code, on in said.items() if on] + (["unguarded"] if self.unguarded else [])
