// Who stands at the counter: name, tier, balance and its worth, what this basket earns, and one large button for each reward.

import { fill, h, icon, named } from "/static/dom.js";
import { count, money, say, text, time } from "/static/words.js";

const seen = (one) => !one.standing;

/** The idle counter: scan, and what was scanned lately. */
export function showIdle(scans) {
  fill(
    "stage",
    h("div", { class: "idle" }, icon("scan"), h("p", { class: "big" }, text("scan_card")), h("p", {}, text("without_card"))),
  );
  fill("rewards", scans.length > 0 && [h("h3", {}, text("last_scans")), h("ul", { class: "scans" }, scans.map(scanRow))]);
}

const scanRow = ({ name, refusal, at }) =>
  h(
    "li",
    { class: refusal ? "no" : "yes" },
    icon(refusal ? "ask" : "check"),
    h("span", {}, refusal ?? named(name || text("a_member"))),
    time(at),
  );

/** The member's card, with what the quote says of this basket. */
export function showMember(member, quote, onRemove) {
  const remove = { type: "button", class: "quiet", "data-key": "remove-card", on: onRemove };
  fill(
    "stage",
    h(
      "article",
      { class: "card" },
      h(
        "div",
        { class: "who" },
        icon("check"),
        h("h2", {}, named(member.first_name || text("a_member"))),
        member.tier && h("span", { class: `tier` }, named(member.tier.name)),
        onRemove && h("button", remove, icon("close"), h("span", { class: "hidden" }, text("remove_card"))),
      ),
      member.provisional ? h("p", {}, text("provisional")) : member.balances.filter(seen).map(balance),
      quote?.accruals.filter(seen).map((one) => earns(one)),
    ),
  );
}

export const balance = ({ name, pieces, worth_minor: worth }) =>
  h(
    "p",
    { class: "balance" },
    h("strong", {}, count(pieces)),
    h("span", {}, named(name)),
    worth > 0 && h("span", { class: "worth" }, say("worth", { money: money(worth) })),
  );

const earns = ({ pieces, name }) =>
  h("p", { class: "earns" }, icon("plus"), h("span", {}, say("earns", { count: count(pieces), unit: name })));

/** One large button for each reward; a refused one says why in its place. `onChoose(reward, times)`. */
export function showRewards(quote, locked, onChoose) {
  if (!quote) return fill("rewards", h("p", { class: "hint" }, text("ring_first")));
  if (!quote.offers.length) return fill("rewards");
  const rows = quote.offers.map((offer) => (offer.refusal && !offer.times ? refused(offer) : open(offer, quote, locked, onChoose)));
  fill("rewards", h("h3", {}, text("rewards")), h("ul", { class: "rewards" }, rows));
}

const refused = (offer) =>
  h(
    "li",
    { class: "refused" },
    icon("ask"),
    h("span", { class: "what" }, named(offer.name), h("small", {}, offer.refusal.sentence)),
  );

function open(offer, quote, locked, onChoose) {
  const taken = offer.times > 0;
  const choose = () => onChoose(offer.reward, taken ? 0 : 1);
  const left = quote.forecast.find((one) => one.unit === offer.unit);
  const cost = say("reward_cost", { count: count(offer.cost), unit: offer.unit_name });
  const said = taken && left ? [...cost, " · ", ...say("reward_left", { count: count(left.pieces), unit: left.name })] : cost;
  const button = { type: "button", class: "reward", "aria-pressed": String(taken), disabled: locked, "data-key": offer.reward, on: choose };
  return h(
    "li",
    {},
    h(
      "button",
      button,
      icon(taken ? "check" : "gift"),
      h("span", { class: "what" }, named(offer.name), h("small", {}, said)),
      taken && h("span", { class: "mark" }, text("reward_chosen"), offer.times > 1 && [" ", count(offer.times)]),
    ),
    taken && !locked && offer.times_max > 1 && [step(offer, -1, onChoose), step(offer, 1, onChoose)],
  );
}

function step(offer, by, onChoose) {
  const times = offer.times + by;
  const on = () => onChoose(offer.reward, times);
  const button = { type: "button", class: "step", disabled: times > offer.times_max, "data-key": `${offer.reward}${by}`, on };
  const word = say(by > 0 ? "reward_more" : "reward_less", { name: offer.name });
  return h("button", button, icon(by > 0 ? "plus" : "minus"), h("span", { class: "hidden" }, word));
}

/** A purchase without a card, or one taken up again: only what is to be paid. */
export function showPaying({ to_pay_minor: due, currency }) {
  fill("stage", h("div", { class: "idle" }, icon("cash"), h("p", { class: "big" }, money(due, currency)), h("p", {}, text("to_pay"))));
  fill("rewards");
}

/** Booked: what was earned and spent, the new balance, and the way on. */
export function showDone({ booked, receipt, member }) {
  const moved = (pieces, code, sign) =>
    Object.entries(booked.names)
      .filter(([unit]) => pieces[unit])
      .map(([unit, name]) =>
        h("p", { class: `moved ${code}` }, h("strong", {}, count(sign * pieces[unit], true)), h("span", {}, named(name), " ", text(code))),
      );
  fill(
    "stage",
    h(
      "article",
      { class: "done" },
      icon("check"),
      h("h2", {}, text("done")),
      h("p", { class: "big" }, money(booked.paid_minor)),
      moved(booked.earned, "earned", 1),
      moved(booked.spent, "spent", -1),
      member && !member.provisional && h("h3", {}, text("new_balance"), " · ", named(member.first_name || text("a_member"))),
      member && !member.provisional && member.balances.filter(seen).map(balance),
      h("p", { class: "hint" }, say("receipt", { number: receipt })),
    ),
  );
  fill("rewards");
}
