// What every page has around it: the link's state, signing out, and stopping all dialling.

import { api } from "./api.js";
import { find, setData, setHidden, setText } from "./dom.js";
import { t } from "./texts.js";

const link = document.getElementById("link");

/** Show whether the live view is linked. */
export function showLink(up) {
  if (!link) return;
  setData(link, "state", up ? "up" : "down");
  setText(link, up ? t("link.up") : t("link.down"));
}

/** Say something that went wrong, until it is closed or something else goes wrong. */
export function say(text) {
  const notice = find("#notice");
  setText(find("#notice-text"), text);
  setHidden(notice, !text);
}

/** Do something asked for by hand; what goes wrong is said. */
export async function attempt(doing) {
  try {
    say("");
    return await doing();
  } catch (error) {
    say(error.message);
    return undefined;
  }
}

document.getElementById("sign-out")?.addEventListener("click", () =>
  attempt(async () => {
    await api("DELETE", "/session");
    location.assign("/sign-in");
  }),
);
document.getElementById("notice-close")?.addEventListener("click", () => say(""));
