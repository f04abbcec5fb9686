// What must outlive a reload: the receipt counter, and every sale that was sent and not yet answered.
//
// A sale is written down before it is sent and crossed out when its answer has come. Its key is its agreement's id, so that a
// double click, a reload, a lost answer or a second window all send the same request, which posd books once.

const SALE = "posd.sale.";
const COUNTER = "posd.receipts";

/** The till's date, as it stands on receipts: the machine's own day. */
export function today(now = new Date()) {
  const two = (number) => String(number).padStart(2, "0");
  return `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
}

/** The next receipt number of `date`: its digits and a counter. */
export function nextReceipt(date) {
  const [day, last] = JSON.parse(localStorage.getItem(COUNTER) ?? "[null, 0]");
  const number = day === date ? last + 1 : 1;
  localStorage.setItem(COUNTER, JSON.stringify([date, number]));
  return `${date.replaceAll("-", "")}-${String(number).padStart(4, "0")}`;
}

/** The sale of `agreement` as it was first sent; written down now if it never was. */
export function keep(agreement, tender) {
  const kept = localStorage.getItem(SALE + agreement.agreement);
  if (kept) return { key: agreement.agreement, body: kept };
  const date = today();
  const body = JSON.stringify({
    till: "page",
    receipt_number: nextReceipt(date),
    business_date: date,
    tenders: [{ kind: tender, amount_minor: agreement.to_pay_minor }],
    agreement: agreement.agreement,
  });
  localStorage.setItem(SALE + agreement.agreement, body);
  return { key: agreement.agreement, body };
}

/** Sales that were sent and never answered. */
export function unanswered() {
  const keys = Object.keys(localStorage).filter((name) => name.startsWith(SALE));
  return keys.map((name) => ({ key: name.slice(SALE.length), body: localStorage.getItem(name) }));
}

export const cross = (key) => localStorage.removeItem(SALE + key);
