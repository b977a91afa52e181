// Amounts, days and times as they are typed, and as the person's own clock shows them.

const locale = document.documentElement.lang || "es";

/** The date, as 2026-12-15, and the time of day where that zone's clock is read. */
export const dayIn = (zone, seconds) => new Intl.DateTimeFormat("en-CA", { timeZone: zone }).format(new Date(seconds * 1000));
export const clockIn = (zone, seconds) => new Intl.DateTimeFormat(locale, { timeZone: zone, timeStyle: "short" }).format(new Date(seconds * 1000));

const GROUPED = /^\d{1,3}(?:(?:\.\d{3})+|(?:,\d{3})+)$/;

/**
 * What was typed as an amount, in plain digits as 1234.56; empty where it is none.
 *
 * A sign before one or two digits at the end is the decimal one, before three it groups them, whatever the language.
 */
export function amountOf(text, currency) {
  const bare = text.replace(currency || "$", "").replace(/[\s'’]/g, "").replace(/^(?:R\$|S\/\.?|[$€])/, "");
  const [, whole, sign = "", part = ""] = /^(.*?)(?:([.,])(\d{1,2}))?$/.exec(bare);
  if (!/^\d+$/.test(whole) && !(GROUPED.test(whole) && !(sign && whole.includes(sign)))) return "";
  return whole.replace(/[.,]/g, "") + (part && `.${part}`);
}
