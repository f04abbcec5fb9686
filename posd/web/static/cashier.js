// The cashier's page: idle -> scan -> quote -> confirm -> paid -> booked. It shows what posd says and computes nothing itself.

import { get, post, takeToken, Trouble } from "/static/api.js";
import { showBands } from "/static/bands.js";
import { basketOf, showLines, showTotals, takeLines } from "/static/basket.js";
import { byId, fill, h, icon } from "/static/dom.js";
import { follow } from "/static/events.js";
import { showJoin } from "/static/join.js";
import { cross, keep, today, unanswered } from "/static/kept.js";
import { showDone, showIdle, showMember, showPaying, showRewards } from "/static/member.js";
import { showChallenges, showGifts, showWhy } from "/static/quoted.js";
import { money, speak, text, time } from "/static/words.js";

const STATUS_EVERY_MS = 5_000;
const DONE_MS_MAX = 30_000; // then the last member's name and balance leave the screen
const SCANS_MAX = 3;
const SETTLE_MS = 350; // the second click of a double click must not press the button that came under it
const NO_CARD = ["not_a_member_code", "product_code"]; // what a product's own code is refused as

const FRESH = {
  phase: "open", code: "", member: null, lines: [], codes: [], choices: [], quote: null, agreement: null, booked: null, next: 1,
  joining: false,
};
let sale = { ...FRESH };
const scans = [];
const terminal = { line: "", status: null, unknown: null, open: [] };
const newest = { scan: 0, quote: 0 }; // an answer to an older question is not shown
let [phaseShown, changedAt, doneTimer] = ["open", -Infinity, 0];

// What happens ------------------------------------------------------------------------------------------------------------

/** A code came from a scanner, a wedge or fingers. */
async function identify(code) {
  if (["agreed", "sending", "lost"].includes(sale.phase)) return note("warn", text("finish_first"));
  const question = ++newest.scan;
  const told = await attempt(() => post("/v1/members/look-up", { code }));
  if (!told || question !== newest.scan) return;
  if (!(NO_CARD.includes(told.refusal?.code) && (await isCoupon(code)))) take(code, told);
}

/** What is no card may be a coupon: it is one if posd then asks for fewer codes. */
async function isCoupon(code) {
  if (!sale.quote || sale.codes.includes(code)) return false;
  const codes = [...sale.codes, code];
  const told = await attempt(() => post("/v1/quote", { ...ask(), basket: basketOf(sale.lines, codes) }));
  const wanting = ({ trace }) => trace.filter((step) => step.code === "code_needed").length;
  if (!told || !sale.quote || wanting(told) >= wanting(sale.quote)) return false;
  sale = { ...sale, codes };
  note("check", text("coupon_taken"));
  await quote();
  return true;
}

function take(code, { member, refusal }) {
  if (sale.phase === "done") startOver();
  scans.unshift({ name: member?.first_name, refusal: refusal?.sentence, at: Date.now() });
  scans.length = Math.min(scans.length, SCANS_MAX);
  if (refusal) return show(), note("ask", refusal.sentence);
  const again = sale.member?.handle === member.handle;
  sale = { ...sale, code, member, choices: again ? sale.choices : [] };
  note(again && "check", again && text("already_scanned"));
  show();
  (sale.lines.length ? byId("code") : byId("product")).focus();
  return quote();
}

/** Something was typed as a product: whether it was a member's card after all, as a keyboard wedge types wherever it may. */
async function isCard(typed) {
  const told = await attempt(() => post("/v1/members/look-up", { code: typed }));
  const card = Boolean(told) && !NO_CARD.includes(told.refusal?.code);
  if (card) take(typed, told);
  return card;
}

function addLine(product, amount) {
  if (sale.phase === "done") startOver();
  sale = { ...sale, lines: [...sale.lines, { id: String(sale.next), product, amount }], next: sale.next + 1 };
  note();
  return quote();
}

function removeLine(id) {
  sale = { ...sale, lines: sale.lines.filter((line) => line.id !== id) };
  return quote();
}

function choose(reward, times) {
  if (times === undefined) return note("ask", text("amount_wrong"));
  const others = sale.choices.filter((choice) => choice.reward !== reward);
  sale = { ...sale, choices: times ? [...others, { reward, times }] : others };
  note();
  return quote();
}

const ask = () => ({ basket: basketOf(sale.lines, sale.codes), code: sale.code, choices: sale.choices });

/** Ask anew after each change; only the newest answer counts. */
async function quote() {
  const question = ++newest.quote;
  if (!sale.lines.length) sale = { ...sale, quote: null, choices: [] };
  show();
  if (!sale.lines.length) return;
  const told = await attempt(() => post("/v1/quote", ask()));
  if (!told || question !== newest.quote) return;
  const refused = told.offers.find((offer) => offer.refusal && sale.choices.some((choice) => choice.reward === offer.reward));
  if (refused) return without(refused.refusal); // what was chosen can no longer be had, such as after a line was removed
  sale = { ...sale, quote: told };
  show();
}

/** Go on without rewards, saying why. */
function without(refusal) {
  sale = { ...sale, choices: [] };
  note("ask", refusal.sentence);
  return quote();
}

async function agree() {
  if (sale.phase !== "open" || !sale.quote) return;
  sale = { ...sale, phase: "sending" };
  show();
  const told = await attempt(() => post("/v1/agreements", ask()));
  sale = { ...sale, phase: told?.agreement ? "agreed" : "open", agreement: told?.agreement ? told : null };
  if (told?.refusal) return without(told.refusal);
  show();
}

/** The customer has paid. Whatever is pressed, however often, one agreement is sent as one and the same request. */
async function pay(tender) {
  if (!["agreed", "lost"].includes(sale.phase)) return;
  const kept = keep(sale.agreement, tender);
  sale = { ...sale, phase: "sending" };
  note();
  show();
  await send(kept);
}

async function send({ key, body }) {
  try {
    const booked = await post("/v1/sales", body, key);
    cross(key);
    await done(booked, JSON.parse(body).receipt_number);
  } catch (error) {
    if (!(error instanceof Trouble)) throw error;
    if (!error.undecided) cross(key);
    sale = { ...sale, phase: error.undecided ? "lost" : "agreed" };
    show();
    note("warn", error.sentence || text("no_answer"));
  }
}

async function done(booked, receipt) {
  const told = sale.code ? await attempt(() => post("/v1/members/look-up", { code: sale.code })) : null;
  sale = { ...FRESH, phase: "done", booked, receipt, member: told?.member ?? null };
  note(booked.refusals.length && "ask", booked.refusals.map((refusal) => refusal.sentence).join(" "));
  show();
  clearTimeout(doneTimer);
  doneTimer = setTimeout(() => sale.booked === booked && startOver(), DONE_MS_MAX);
  return refresh();
}

async function cancel(agreement, own) {
  const told = await attempt(() => post(`/v1/agreements/${agreement.agreement}/cancel`));
  if (!told) return;
  if (own) sale = { ...sale, phase: "open", agreement: null, choices: [] };
  note("check", text(told.state === "committed" ? "was_committed" : "cancelled"));
  await refresh();
  if (own) await again();
}

/** After a cancel: what the member has now, and what the basket brings. */
async function again() {
  const told = sale.code && (await attempt(() => post("/v1/members/look-up", { code: sale.code })));
  if (told) sale = { ...sale, member: told.member };
  return quote();
}

/** Take up an agreement that was left open. */
function goOn(agreement) {
  sale = { ...FRESH, phase: "agreed", agreement };
  show();
}

function startOver() {
  sale = { ...FRESH };
  terminal.unknown = terminal.status?.prints.unknown ?? null;
  note();
  show();
  byId("code").focus();
}

/** Somebody becomes a member: with the card that is in hand if it is nobody's, else posd gives one. */
async function join(given, key) {
  const card = sale.member && !sale.member.joined ? sale.code : "";
  const desk = { till: "page", business_date: today(), language: document.documentElement.lang, consent: terminal.status.consent };
  const told = await attempt(() => post("/v1/members", { ...desk, ...given, code: card }, key));
  if (!told) return;
  if (told.refusal) return note("ask", told.refusal.sentence);
  sale = { ...sale, joining: false };
  await identify(told.code || card);
  note("check", text("joined"));
}

function joining(open) {
  sale = { ...sale, joining: open };
  show();
  if (!open) byId("code").focus();
}

async function printAgain() {
  if (await attempt(() => post(`/v1/records/${sale.booked.id}/print`))) note("printer", text("printing_again"));
}

// What is shown -----------------------------------------------------------------------------------------------------------

function show() {
  const { phase, member, lines, agreement } = sale;
  const locked = phase !== "open" && phase !== "done";
  settle(phase);
  if (phase === "done") showDone(sale);
  else if (agreement && !member) showPaying(agreement);
  else if (member) {
    showMember(member, sale.quote, !locked && removeCard);
    showRewards(sale.quote, locked, choose);
  } else if (sale.joining) fill("stage");
  else showIdle(scans);
  showLines(lines, locked, removeLine);
  showTotals(agreement ?? sale.quote);
  showGifts(agreement ?? sale.booked ?? sale.quote);
  showChallenges(sale.quote);
  showWhy(sale.quote);
  fill("actions", ACTIONS[phase]());
  showJoin(sale.joining && phase === "open", terminal.status?.consent, join, () => joining(false));
  showOpen(phase === "open" && !member && !lines.length ? terminal.open : []);
  showBands(terminal.line, terminal.status, terminal.unknown);
}

/** Buttons that have just come may be pressed a moment later; then the keyboard stands on the first of them. */
function settle(phase) {
  if (phase === phaseShown) return;
  [phaseShown, changedAt] = [phase, performance.now()];
  setTimeout(() => {
    if (sale.phase !== phase) return;
    show();
    if (phase !== "open") byId("actions").querySelector("button")?.focus();
  }, SETTLE_MS);
}

function removeCard() {
  sale = { ...sale, code: "", member: null, choices: [] };
  note();
  byId("code").focus();
  return quote();
}

function button(kind, name, code, on) {
  const disabled = performance.now() - changedAt < SETTLE_MS;
  return h("button", { type: "button", class: kind, disabled, "data-key": code, on }, name && icon(name), h("span", {}, text(code)));
}

const ACTIONS = {
  open: () => [
    sale.quote && sale.lines.length > 0 && button("go", "check", "agree", agree),
    (sale.member || sale.lines.length > 0) && button("quiet", null, "clear", startOver),
    terminal.status?.enrolled && !sale.member?.joined && !sale.joining && button("quiet", "plus", "join", () => joining(true)),
  ],
  agreed: () => [
    h("p", { class: "agreed" }, text("agreed")),
    h("div", { class: "pair" }, button("go", "cash", "paid_cash", () => pay("cash")), button("go", "card", "paid_card", () => pay("card"))),
    button("quiet", "close", "cancel", () => cancel(sale.agreement, true)),
  ],
  sending: () => [h("p", { class: "wait", role: "status" }, icon("clock"), text("one_moment"))],
  lost: () => [button("go", "warn", "send_again", () => pay(""))],
  done: () => [
    button("go", null, "next", startOver),
    terminal.status?.printing === "posd" && sale.booked.member && button("quiet", "printer", "print_again", printAgain),
  ],
};

function showOpen(agreements) {
  const row = (one) =>
    h(
      "li",
      {},
      icon("clock"),
      h("span", { class: "what" }, money(one.to_pay_minor, one.currency), " · ", time(one.made_ms)),
      h("button", { type: "button", "data-key": `go-${one.agreement}`, on: () => goOn(one) }, text("go_on")),
      h("button", { type: "button", class: "quiet", "data-key": `end-${one.agreement}`, on: () => cancel(one, false) }, text("cancel")),
    );
  fill("aside", agreements.length > 0 && [h("h3", {}, text("open_agreements")), h("ul", { class: "agreements" }, agreements.map(row))]);
}

/** One sentence for the cashier, spoken at once; without words it goes away. */
function note(name, words) {
  fill("note", name && words && h("p", { class: `note ${name}` }, icon(name), h("span", {}, words)));
  if (words) byId("note").scrollIntoView({ block: "nearest" });
}

/** What `question` brings; a trouble becomes its sentence and undefined. */
async function attempt(question) {
  try {
    return await question();
  } catch (error) {
    if (!(error instanceof Trouble)) throw error;
    note("warn", error.sentence || text("no_answer"));
    return undefined;
  }
}

// The beginning -----------------------------------------------------------------------------------------------------------

/** How the terminal is, and which agreements wait. While posd does not answer, the stream says so. */
async function refresh() {
  try {
    const [status, open] = await Promise.all([get("/v1/status"), get("/v1/agreements")]);
    Object.assign(terminal, { status, open, unknown: terminal.unknown ?? status.prints.unknown });
    show();
  } catch (error) {
    if (!(error instanceof Trouble)) throw error;
  }
}

function onLine(line, problem) {
  const before = terminal.line;
  terminal.line = line;
  if (line === "refused") return shut(problem.sentence);
  show();
  if (line === "open" && before !== "open") {
    refresh();
    if (before !== "lost" || sale.phase === "lost") resend();
  }
}

/** Nothing can be done without a token: only the sentence that says how to get in. */
function shut(sentence) {
  document.querySelector("main").hidden = true;
  fill("gate", h("div", { class: "idle" }, icon("warn"), h("p", { class: "big" }, sentence)));
}

/** Sales of before a reload, or of before posd was away: send each again as it was. */
async function resend() {
  for (const kept of unanswered()) {
    if (sale.phase === "sending") return;
    sale = { ...sale, phase: "sending", agreement: sale.agreement ?? agreementOf(kept) };
    await send(kept);
  }
}

/** What a kept sale still says of its agreement. */
function agreementOf({ key, body }) {
  const [{ amount_minor: paid }] = JSON.parse(body).tenders;
  return { agreement: key, to_pay_minor: paid, total_minor: paid, discounts: [] };
}

function onEvent(kind, body) {
  if (kind === "scan") identify(body.code);
  else refresh();
}

/** Keys that belong to nobody belong to the code: a wedge types at any time. Escape comes back to it. */
function onKey(event) {
  const nobody = !event.target.closest?.("input, select, button");
  const printable = event.key.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey;
  if (event.key === "Escape" || (nobody && printable)) byId("code").focus();
}

async function start() {
  takeToken();
  await speak();
  byId("code-form").addEventListener("submit", (event) => {
    event.preventDefault();
    const code = byId("code").value.trim();
    byId("code").value = "";
    if (code) identify(code);
  });
  byId("language").addEventListener("change", async (event) => {
    await speak(event.target.value);
    if (terminal.line === "refused") return location.reload(); // the sentence at the gate is posd's: ask for it anew
    note();
    await (sale.phase === "open" ? again() : show());
  });
  takeLines(addLine, isCard, () => note("ask", text("amount_wrong")));
  document.addEventListener("keydown", onKey);
  addEventListener("hashchange", () => takeToken() && location.reload());
  setInterval(() => terminal.line === "open" && !document.hidden && refresh(), STATUS_EVERY_MS);
  show();
  follow(onEvent, onLine);
}

start();
