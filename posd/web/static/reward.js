// One reward: a button to choose it, an amount for what pays, or why not.

import { minorOf } from "/static/basket.js";
import { h, icon, named } from "/static/dom.js";
import { count, money, plain, say, text } from "/static/words.js";

/** Why this one is not to be had, in its place. */
export const refused = (offer) =>
  h(
    "li",
    { class: "refused" },
    icon("ask"),
    h("span", { class: "what" }, named(offer.name), h("small", {}, offer.refusal.sentence)),
  );

/** One that may be had. `onChoose(reward, times)`: 0 takes it back; undefined for an amount that is none. */
export const reward = (offer, quote, locked, onChoose) =>
  offer.pays_minor ? paying(offer, locked, onChoose) : chosen(offer, quote, locked, onChoose);

function chosen(offer, quote, locked, onChoose) {
  const taken = offer.times > 0;
  const choose = () => onChoose(offer.reward, taken ? 0 : 1);
  const button = { type: "button", class: "reward", "aria-pressed": String(taken), disabled: locked, "data-key": offer.reward, on: choose };
  return h(
    "li",
    {},
    h(
      "button",
      button,
      icon(taken ? "check" : "gift"),
      h("span", { class: "what" }, named(offer.name), offer.cost > 0 && h("small", {}, cost(offer, quote, taken))),
      taken && h("span", { class: "mark" }, text("reward_chosen"), offer.times > 1 && [" ", count(offer.times)]),
    ),
    taken && !locked && offer.times_max > 1 && [step(offer, -1, onChoose), step(offer, 1, onChoose)],
  );
}

function cost(offer, quote, taken) {
  const left = quote.forecast.find((one) => one.unit === offer.unit);
  const said = say("reward_cost", { count: count(offer.cost), unit: offer.unit_name });
  return taken && left ? [...said, " · ", ...say("reward_left", { count: count(left.pieces), unit: left.name })] : said;
}

function step(offer, by, onChoose) {
  const times = offer.times + by;
  const on = () => onChoose(offer.reward, times);
  const button = { type: "button", class: "step", disabled: times > offer.times_max, "data-key": `${offer.reward}${by}`, on };
  const word = say(by > 0 ? "reward_more" : "reward_less", { name: offer.name });
  return h("button", button, icon(by > 0 ? "plus" : "minus"), h("span", { class: "hidden" }, word));
}

/** A wallet or a gift card: how much of it, or all that may be paid. What posd allows is in the offer. */
function paying(offer, locked, onChoose) {
  const { reward: code, pays_minor: each, times, times_max: most } = offer;
  const button = (key, word, kind, on) =>
    h("button", { type: on ? "button" : "submit", class: kind, disabled: locked, "data-key": `${code}-${key}`, on }, word);
  const amount = {
    id: `${code}-amount`, name: "amount", dir: "ltr", inputmode: "decimal", maxlength: 11, placeholder: "0.00", autocomplete: "off",
    disabled: locked, value: times > 0 && plain(times * each), "data-key": `${code}-amount`,
  };
  const form = h(
    "form",
    { class: `pay${times > 0 ? " taken" : ""}` },
    h("label", { for: amount.id }, icon(times > 0 ? "check" : "card"),
      h("span", { class: "what" }, h("span", {}, say("pay_with", { name: offer.name })), h("small", {}, say("pay_up_to", { money: money(most * each) })))),
    h("input", amount),
    button("use", text("pay_this"), ""),
    button("all", text("pay_most"), "", () => onChoose(code, most)),
    times > 0 && button("none", text("pay_none"), "quiet", () => onChoose(code, 0)),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const minor = minorOf(form.elements.amount.value);
    onChoose(code, minor === null ? undefined : Math.min(Math.floor(minor / each), most));
  });
  return h("li", {}, form);
}
