// A page that says data-live="/path" takes its newest self every few seconds, unless somebody is typing or reading elsewhere.
"use strict";

const EVERY_MS = 4000;

async function refresh() {
  const main = document.querySelector("main[data-live]");
  if (!main || document.hidden || main.contains(document.activeElement)) return;
  try {
    const answer = await fetch(main.dataset.live, { redirect: "manual", signal: AbortSignal.timeout(EVERY_MS) });
    document.body.classList.toggle("stale", !answer.ok);
    if (!answer.ok) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("main[data-live]");
    const typed = [...main.querySelectorAll("input")].some((field) => field.value !== field.defaultValue);
    if (fresh && !typed && !main.contains(document.activeElement)) main.replaceChildren(...fresh.childNodes);
  } catch {
    document.body.classList.add("stale");
  }
}

setInterval(refresh, EVERY_MS);
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-print]")) window.print();
});
