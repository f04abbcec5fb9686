// Who stands at the counter: name, tier, balance and its worth, what this basket earns, and one large button for each reward.

import { fill, h, icon, named } from "/static/dom.js";
import { refused, reward } from "/static/reward.js";
import { count, date, money, say, text, time } from "/static/words.js";

const seen = (one) => !one.standing;

/** The balances to show: of several units those that the member has any of. */
const held = ({ balances }) => balances.filter(seen).filter((one, place, all) => one.pieces || all.length === 1);

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
      member.provisional ? h("p", {}, text("provisional")) : held(member).map(balance),
      member.plans.map(({ name, until }) => h("p", { class: "plan" }, say("until", { name, date: date(until) }))),
      quote?.accruals.filter(seen).map((one) => earns(one)),
    ),
  );
}

/** Pieces of a unit: a count, or an amount where the unit is money. */
const amount = ({ pieces, money: inMoney }, signed) => (inMoney ? money(pieces) : count(pieces, signed));

export const balance = (one) =>
  h(
    "p",
    { class: "balance" },
    h("strong", {}, amount(one)),
    h("span", {}, named(one.name)),
    one.worth_minor > 0 && !one.money && h("span", { class: "worth" }, say("worth", { money: money(one.worth_minor) })),
  );

const earns = (one) =>
  h("p", { class: "earns" }, icon("plus"), h("span", {}, say("earns", { count: amount(one), unit: one.name })));

/** One large button for each reward, an amount for what pays; a refused one says why in its place. `onChoose(reward, times)`. */
export function showRewards(quote, locked, onChoose) {
  if (!quote) return fill("rewards", h("p", { class: "hint" }, text("ring_first")));
  if (!quote.offers.length) return fill("rewards");
  const rows = quote.offers.map((offer) => (offer.refusal && !offer.times ? refused(offer) : reward(offer, quote, locked, onChoose)));
  fill("rewards", h("h3", {}, text("rewards")), h("ul", { class: "rewards" }, rows));
}

/** A purchase without a card, or one taken up again: only what is to be paid. */
export function showPaying({ to_pay_minor: due, currency }) {
  fill("stage", h("div", { class: "idle" }, icon("cash"), h("p", { class: "big" }, money(due, currency)), h("p", {}, text("to_pay"))));
  fill("rewards");
}

/** Booked: what was earned and spent, the new balance, and the way on. */
export function showDone({ booked, receipt, member }) {
  const moved = (one) =>
    h(
      "p",
      { class: `moved ${one.pieces > 0 ? "earned" : "spent"}` },
      h("strong", {}, amount(one, true)),
      h("span", {}, named(one.name), " ", text(one.pieces > 0 ? "earned" : "spent")),
    );
  fill(
    "stage",
    h(
      "article",
      { class: "done" },
      icon("check"),
      h("h2", {}, text("done")),
      h("p", { class: "big" }, money(booked.paid_minor, booked.currency)),
      booked.moved.map(moved),
      member && !member.provisional && h("h3", {}, text("new_balance"), " · ", named(member.first_name || text("a_member"))),
      member && !member.provisional && held(member).map(balance),
      h("p", { class: "hint" }, say("receipt", { number: receipt })),
    ),
  );
  fill("rewards");
}
