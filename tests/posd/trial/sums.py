"""What holds for every answer of a trial."""

import json

from pydantic import TypeAdapter

from posd.trial.answer import Answer

ANSWER = TypeAdapter(Answer)


def adds_up(answer):
    """It is of the promised shape, and every part sums to its whole."""
    ANSWER.validate_json(json.dumps(answer), strict=True)
    if answer["lines"]:
        rung, off, donated, paid = (answer[f"{name}_minor"] for name in ("rung", "off", "donated", "units_paid"))
        assert rung - off + donated == answer["total_minor"] == answer["to_pay_minor"] + paid
        assert [sum(line[name] for line in answer["lines"]) for name in ("rung_minor", "off_minor")] == [rung, off]
        assert sum(one["off_minor"] for one in answer["discounts"]) == off == sum(one["off_minor"] for one in answer["tax"])
        assert sum(rate["net_minor"] + rate["tax_minor"] + rate["levy_minor"] for rate in answer["tax"]) == rung - off
        for line in answer["lines"]:
            assert line["rung_minor"] - line["off_minor"] == line["net_minor"]
            assert sum(line["off_by"].values()) == line["off_minor"]
            assert sum(line["off_by_piece"]) in (line["off_minor"], 0)
    for name in ("earned", "spent"):
        for one in answer[name]:
            assert sum(one["by_line"].values()) == one["pieces"]
    for unit, row in answer["units"].items():
        for name in ("earned", "spent"):
            assert sum(one["pieces"] for one in answer[name] if one["unit"] == unit) == row[name]
        up = sum(row[name] for name in ("before", "passed", "earned", "given_back", "followed"))
        assert up - row["spent"] - row["taken_back"] == row["after"]
