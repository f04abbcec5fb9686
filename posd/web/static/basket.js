// The small till of this page: lines of a product and an amount, typed fast. A real till sends its own basket.

import { byId, fill, h, icon, named } from "/static/dom.js";
import { money, say, text } from "/static/words.js";

const AMOUNT = /^(\d{1,7})(?:[.,](\d{1,2}))?$/;

/** "12.5" in whole minor units, without a float in between; null for what is no amount. */
export function minorOf(typed) {
  const found = AMOUNT.exec(typed.trim());
  if (!found) return null;
  const minor = Number(found[1] + (found[2] ?? "").padEnd(2, "0"));
  return minor > 0 ? minor : null;
}

/** The basket as posd wants it, with the coupons that were scanned or typed. */
export function basketOf(lines, codes) {
  return { lines: lines.map(({ id, product, amount }) => ({ id, product, name: product, amount_minor: amount })), codes };
}

/** Listen to the entry. `onLine` gets each finished line; `isCard` says whether what was typed as a product was a member's card. */
export function takeLines(onLine, isCard, onMistake) {
  const product = byId("product");
  const amount = byId("amount");
  byId("line-form").addEventListener("submit", async (event) => {
    event.preventDefault();
    const typed = product.value.trim();
    if (!amount.value.trim()) {
      if (typed && (await isCard(typed))) product.value = "";
      else amount.focus();
      return;
    }
    const minor = minorOf(amount.value);
    if (minor === null) {
      amount.select();
      return onMistake();
    }
    onLine(typed || text("goods"), minor);
    product.value = amount.value = "";
    product.focus();
  });
}

export function showLines(lines, locked, onRemove) {
  byId("line-form").hidden = locked;
  const rows = lines.map(({ id, product, amount }) => {
    const remove = { type: "button", class: "quiet", "data-key": `line-${id}`, on: () => onRemove(id) };
    return h(
      "li",
      {},
      h("span", { class: "product" }, named(product)),
      money(amount),
      !locked && h("button", remove, icon("close"), h("span", { class: "hidden" }, say("remove_line", { name: product }))),
    );
  });
  fill("lines", rows.length || locked ? rows : h("li", { class: "empty" }, text("basket_empty")));
}

/** What is to be paid, as the quote or the agreement says, and what has made it so: each discount by its name, what is donated,
 * and what a wallet or a gift card pays. */
export function showTotals(told) {
  if (!told) return fill("totals");
  const { discounts = [], donations = [], unit_tenders: tenders = [], currency } = told;
  const row = (label, amount, kind) => h("div", { class: `row ${kind}` }, h("span", {}, label), money(amount, currency));
  const between = [
    ...discounts.filter((one) => one.off_minor).map((one) => row(named(one.name), -one.off_minor, "off")),
    ...donations.map((one) => row(say("donation", { name: one.name }), one.amount_minor, "donation")),
    ...tenders.map((one) => row(say("paid_with", { name: one.name }), -one.amount_minor, "tender")),
  ];
  fill(
    "totals",
    between.length > 0 && [row(text("total"), told.total_minor, ""), between],
    row(text("to_pay"), told.to_pay_minor, "due"),
  );
}
