// Elements made by hand: text is always text, so nothing that a member or a scanner says can become markup.

const SVG = "http://www.w3.org/2000/svg";

/** One element. `props` are attributes; `on` is what a click does; false and null leave an attribute or a child out. */
export function h(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props ?? {})) {
    if (name === "on") element.addEventListener("click", value);
    else if (value !== false && value != null) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== false && child != null));
  return element;
}

/** The symbol `name` of cashier.html; a word always stands beside it. */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  const use = document.createElementNS(SVG, "use");
  svg.setAttribute("class", `icon icon-${name}`);
  svg.setAttribute("aria-hidden", "true");
  use.setAttribute("href", `#icon-${name}`);
  svg.append(use);
  return svg;
}

/** A person's or a product's name: it reads in its own direction and turns nothing around it. */
export const named = (text) => h("bdi", { dir: "auto" }, text);

/** A number, an amount or a code: left to right in every language. */
export const ltr = (text, className) => h("bdi", { dir: "ltr", class: className }, text);

export const byId = (id) => document.getElementById(id);

/** Put `nodes` into the region: nothing moves and nothing is spoken where it looks the same already (a `data-key` says what a
 * button is about), and the keyboard stays where it was if what it was on is there again. */
export function fill(id, ...nodes) {
  const region = byId(id);
  const focused = region.contains(document.activeElement) && document.activeElement.dataset.key;
  const before = region.cloneNode();
  before.append(...nodes.flat(Infinity).filter(Boolean));
  if (before.isEqualNode(region)) return;
  region.replaceChildren(...before.childNodes);
  if (focused) region.querySelector(`[data-key="${CSS.escape(focused)}"]:not(:disabled)`)?.focus();
}
