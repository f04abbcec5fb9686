// Thin bands under the header: what is not as usual, and what it means for the sale. Never a window in the way.

import { byId, fill, h, icon } from "/static/dom.js";
import { broken, count, say, text, time } from "/static/words.js";

const PRINTER_MS_MAX = 5_000; // a receipt is on paper long before
const SCANNER_S_MAX = 5; // a scanner that lives is looked at many times a second

/** Which bands `status` asks for, the first the most important: [icon, nodes]. `unknown` is how many prints were unknown before. */
function wanted(status, unknown) {
  const { prints } = status;
  const bands = [];
  if (!status.enrolled) return [["warn", text("not_enrolled")]];
  if (!status.online) bands.push(["no-cloud", offline(status)]);
  else if (status.trouble) bands.push(["warn", text("trouble")]);
  if (status.disk.includes("disk_full")) bands.push(["warn", text("disk_full")]);
  else if (status.disk.some((trouble) => trouble !== "unguarded")) bands.push(["warn", text("no_spending")]);
  if (!status.program) bands.push(["warn", text("no_program")]);
  if (status.printer?.stop) bands.push(["printer", broken(status.printer.stop)]);
  else if (prints.waiting && Date.now() - prints.waiting_since_ms > PRINTER_MS_MAX)
    bands.push(["printer", say("printer_waiting", { count: count(prints.waiting) })]);
  if (prints.unknown > unknown) bands.push(["printer", text("printer_unknown")]);
  if (status.scanners.some((scanner) => scanner.lag_s > SCANNER_S_MAX)) bands.push(["scan", text("scanner_gone")]);
  if (status.scanners.some((scanner) => scanner.trouble === "camera_blind")) bands.push(["scan", text("camera_blind")]);
  return bands;
}

function offline({ queued_records: queued, last_contact_ms: last }) {
  const parts = [text("offline")];
  if (queued) parts.push(" · ", ...say("offline_waiting", { count: count(queued) }));
  if (last) parts.push(" · ", ...say("offline_since", { time: time(last) }));
  return parts;
}

/** Show them. `line` is how it stands with posd itself: open or lost. */
export function showBands(line, status, unknown) {
  const bands = line === "lost" ? [["warn", text("not_answering")]] : status ? wanted(status, unknown) : [];
  fill("bands", bands.map(([name, words]) => h("p", { class: "band" }, icon(name), h("span", {}, words))));
  const online = line === "open" && status?.online;
  const known = line === "lost" || status;
  fill("link", known && h("span", { class: online ? "on" : "off" }, icon(online ? "cloud" : "no-cloud"), text(online ? "online" : "offline")));
  if (status?.store) byId("store").replaceChildren(status.store);
}
