// Joining at the counter: a name, a number, the terms agreed to. posd gives the code, or takes the card that was scanned.

import { byId, fill, h } from "/static/dom.js";
import { say, text } from "/static/words.js";

let key = ""; // one form is one request, however often its button is pressed and its answer lost

/** The form, while it is `open`. `onJoin(given, key)` gets what was typed once the terms are agreed to. */
export function showJoin(open, terms, onJoin, onClose) {
  if (!open) {
    key = "";
    return fill("join");
  }
  if (key) return;
  key = `join/${crypto.randomUUID()}`;
  const field = (id, word, more) => h("label", {}, h("span", {}, word), h("input", { id, dir: "auto", autocomplete: "off", ...more }));
  const form = h(
    "form",
    { class: "join", "aria-labelledby": "join-title" },
    h("h3", { id: "join-title" }, text("join")),
    field("first-name", text("first_name"), { maxlength: 60 }),
    field("phone", text("phone"), { maxlength: 40, inputmode: "tel", dir: "ltr" }),
    h("label", { class: "consent" }, h("input", { id: "consent", type: "checkbox", required: true }), h("span", {}, say("terms", { terms }))),
    h("button", { type: "submit", class: "go", "data-key": "join-now" }, text("join_now")),
    h("button", { type: "button", class: "quiet", "data-key": "join-not", on: onClose }, text("cancel")),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    onJoin({ first_name: byId("first-name").value.trim(), phone: byId("phone").value.trim() }, key);
  });
  fill("join", form);
  byId("first-name").focus();
}
