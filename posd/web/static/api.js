// How the page speaks to posd: with the token from the address's fragment, which is taken out of sight at once.

const TOKEN = "posd.token";
const ANSWER_MS = 10_000; // posd answers within a second whatever is broken; after this nobody is there

/** posd said no, or did not speak at all (`code` is "no_answer"); `sentence` is for the cashier. */
export class Trouble extends Error {
  constructor(status, told) {
    super(told.message ?? told.code);
    Object.assign(this, { status, code: told.code, sentence: told.sentence ?? "" });
  }

  /** Whether nobody knows if the request was carried out, or it may be let in later: keep it and send it again. */
  get undecided() {
    return this.status === 0 || this.status >= 500 || [401, 403, 409, 413, 429].includes(this.status);
  }
}

/** Take a token that came in the fragment, and leave none in the address bar. Whether there was one. */
export function takeToken() {
  const given = new URLSearchParams(location.hash.slice(1)).get("token");
  if (!given) return false;
  sessionStorage.setItem(TOKEN, given);
  history.replaceState(null, "", location.pathname);
  return true;
}

export function headers() {
  return { Authorization: `Bearer ${sessionStorage.getItem(TOKEN) ?? ""}`, "Accept-Language": document.documentElement.lang };
}

export const get = (path) => ask("GET", path);

/** `body` as a text is sent as it is, so that a repeat is the same to the last byte. */
export function post(path, body = {}, key = "") {
  const sent = { ...headers(), "Content-Type": "application/json", ...(key && { "Idempotency-Key": key }) };
  return ask("POST", path, { headers: sent, body: typeof body === "string" ? body : JSON.stringify(body) });
}

async function ask(method, path, more = { headers: headers() }) {
  let answer, told;
  try {
    answer = await fetch(path, { method, ...more, cache: "no-store", signal: AbortSignal.timeout(ANSWER_MS) });
    told = await answer.json();
  } catch {
    throw new Trouble(0, { code: "no_answer" });
  }
  if (!answer.ok) throw new Trouble(answer.status, told);
  return told;
}
