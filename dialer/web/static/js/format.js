// Figures as the page's language writes them.

const locale = document.documentElement.lang || "es";
const signDisplay = "negative"; // what rounds to nothing has no sign
const percentage = new Intl.NumberFormat(locale, { style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1, signDisplay });
const whole = new Intl.NumberFormat(locale, { signDisplay });
const timeOfDay = new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit", second: "2-digit", hour12: false });
const dayAndTime = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" });

const NONE = "–";
const ahead = Number(document.body.dataset.now) - Date.now() / 1000;

/** The server's time, whatever the browser's clock says; in seconds since 1970. */
export const serverNow = () => Date.now() / 1000 + ahead;

export const share = (value) => (value === null || value === undefined ? NONE : percentage.format(value));
const oneDigit = new Intl.NumberFormat(locale, { minimumFractionDigits: 1, maximumFractionDigits: 1, signDisplay });
export const tenths = (value) => (value === null || value === undefined ? NONE : oneDigit.format(value));
/** A number as it is, with what decimals it has. */
export const plain = (value) => whole.format(value);
const point = plain(1.5)[1]; // Mexico writes 1.5, Chile 1,5
/** A sentence of the server's, which knows the language alone, with its decimals as the page's region writes them. */
export const regional = (text) => text.replace(/(\d)[.,](\d)/g, `$1${point}$2`);
export const count = (value) => (value === null || value === undefined ? NONE : whole.format(value));
export const clock = (seconds) => (seconds ? timeOfDay.format(new Date(seconds * 1000)) : NONE);
const minuteOfDay = new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit", hour12: false });
const minuteOfOtherDay = new Intl.DateTimeFormat(locale, { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit", hour12: false });
/** The hour and minute, with the day where that is not today. */
export function when(seconds) {
  if (!seconds) return NONE;
  const at = new Date(seconds * 1000);
  return (at.toDateString() === new Date(serverNow() * 1000).toDateString() ? minuteOfDay : minuteOfOtherDay).format(at);
}
export const moment = (seconds) => (seconds ? dayAndTime.format(new Date(seconds * 1000)) : NONE);

/** Minutes and seconds, with hours where there are any. */
export function duration(seconds) {
  if (seconds === null || seconds === undefined || !Number.isFinite(seconds)) return NONE;
  const all = Math.max(0, Math.floor(seconds));
  const two = (part) => String(part).padStart(2, "0");
  const hours = Math.floor(all / 3600);
  const rest = `${two(Math.floor(all / 60) % 60)}:${two(all % 60)}`;
  return hours ? `${hours}:${rest}` : rest;
}

export function money(amount, currency) {
  if (amount === null || amount === undefined) return NONE;
  if (!/^[A-Z]{3}$/.test(currency ?? "")) return whole.format(amount);
  return new Intl.NumberFormat(locale, { style: "currency", currency }).format(amount);
}

const calendarDay = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeZone: "UTC" });

/** A date without a time, as 2026-12-15. */
export const day = (date) => calendarDay.format(new Date(`${date}T00:00:00Z`));
