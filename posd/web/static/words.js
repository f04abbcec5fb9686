// The page's words, from posd's catalogues, and how the language writes money, counts and times. Nothing is worded here.

import { byId, h, ltr, named } from "/static/dom.js";

const LANGUAGE = "posd.language";
let words = {};

/** Fetch the words of `language` (without one: the last chosen here, else the terminal's own) and turn the page to its side. */
export async function speak(language = localStorage.getItem(LANGUAGE) ?? "") {
  const answer = await fetch("/v1/words", { headers: { "Accept-Language": language || "*" }, cache: "no-store" });
  const told = await answer.json();
  words = told.words;
  if (language) localStorage.setItem(LANGUAGE, told.language);
  Object.assign(document.documentElement, { lang: told.language, dir: told.direction });
  document.title = text("title");
  for (const element of document.querySelectorAll("[data-word]")) element.textContent = text(element.dataset.word);
  for (const element of document.querySelectorAll("[data-placeholder]")) element.placeholder = text(element.dataset.placeholder);
  const choice = byId("language");
  choice.replaceChildren(...told.languages.map(([code, name]) => h("option", { value: code, lang: code }, name)));
  choice.value = told.language;
}

/** The bare words of page.`code`. */
export function text(code) {
  const found = words[`page.${code}`];
  if (found === undefined) throw new Error(`page.${code} has no words`);
  return found;
}

/** The sentence for something that is broken: error.`code`. */
export const broken = (code) => words[`error.${code}`];

/** The words of page.`code` as nodes, each value of `values` isolated from them: a node as it is, anything else as a name. */
export function say(code, values = {}) {
  return text(code)
    .split(/\{(\w+)\}/)
    .map((part, place) => (place % 2 ? isolated(values[part]) : part))
    .filter((part) => part !== "");
}

const isolated = (value) => (value instanceof Node ? value : named(String(value)));

/** Whole minor units as the language writes money: "₪12.50". The number and the sign come from CLDR, the sign's place from us. */
export function money(minor, currency = "ILS") {
  const style = { style: "currency", currency, currencyDisplay: "narrowSymbol", numberingSystem: "latn" };
  const form = new Intl.NumberFormat(document.documentElement.lang, style);
  const parts = form.formatToParts(Math.abs(minor) / 10 ** form.resolvedOptions().maximumFractionDigits);
  const amount = parts.filter(({ type }) => ["integer", "group", "decimal", "fraction"].includes(type));
  const sign = parts.find(({ type }) => type === "currency").value;
  const plain = amount.map(({ value }) => value).join("");
  const written = text("money").replace("{amount}", plain).replace("{sign}", sign).replace(MARKS, "");
  return ltr(minor < 0 ? `-${written}` : written, "money");
}

/** Whole minor units as they are typed: "12.50". */
export const plain = (minor) => `${Math.floor(minor / 100)}.${String(minor % 100).padStart(2, "0")}`;

/** An ISO date as the language writes it. */
export function date(iso) {
  const form = new Intl.DateTimeFormat(document.documentElement.lang, { dateStyle: "medium", numberingSystem: "latn", timeZone: "UTC" });
  return h("time", { datetime: iso }, form.format(new Date(iso)));
}

const MARKS = /[\u061c\u200e\u200f]/g; // CLDR's own direction marks: the isolate says it already

export function count(pieces, signed = false) {
  const style = { numberingSystem: "latn", signDisplay: signed ? "exceptZero" : "auto" };
  return ltr(new Intl.NumberFormat(document.documentElement.lang, style).format(pieces).replace(MARKS, ""), "count");
}

export function time(ms) {
  const style = { hour: "2-digit", minute: "2-digit", hourCycle: "h23", numberingSystem: "latn" };
  return ltr(new Intl.DateTimeFormat(document.documentElement.lang, style).format(ms), "time");
}
