// What else a quote says: gifts to hand over, how far challenges are, and why, rule by rule.

import { byId, fill, h, icon, named } from "/static/dom.js";
import { count, say, text } from "/static/words.js";

/** Goods that go over the counter beside the basket. */
export function showGifts(told) {
  const gift = ({ name, product, pieces }) =>
    h("li", {}, icon("gift"), h("span", { class: "what" }, named(name), h("small", {}, say("gift", { count: count(pieces), product }))));
  const gifts = told?.gifts ?? [];
  fill("gifts", gifts.length > 0 && [h("h3", {}, text("hand_over")), h("ul", { class: "gifts" }, gifts.map(gift))]);
}

/** A bar for each challenge that this basket counts for. */
export function showChallenges(quote) {
  const challenge = ({ name, have, goal }) =>
    h(
      "li",
      {},
      h("span", { class: "what" }, named(name), h("small", {}, say("progress", { have: count(have), goal: count(goal) }))),
      h("progress", { max: goal, value: Math.max(0, Math.min(have, goal)), "aria-label": name }),
    );
  const challenges = quote?.challenges ?? [];
  fill("challenges", challenges.length > 0 && [h("h3", {}, text("challenges")), h("ul", { class: "challenges" }, challenges.map(challenge))]);
}

/** Every rule's sentence, folded away until somebody asks; it stays open while the basket changes. */
export function showWhy(quote) {
  const open = byId("why").querySelector("details")?.open ?? false;
  const step = ({ name, sentence }) => h("li", {}, name && [named(name), ": "], sentence);
  fill(
    "why",
    quote?.trace.length > 0 && h("details", { open }, h("summary", {}, text("why")), h("ol", { class: "why" }, quote.trace.map(step))),
  );
}
