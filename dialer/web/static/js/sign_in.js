// Signing in: an agent by code and PIN, everybody else by login and password.

import { api, ME } from "./api.js";
import { find, setHidden, setText } from "./dom.js";
import { t } from "./texts.js";

const form = find("#sign-in-form");
const problem = find("#sign-in-problem");

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const name = form.elements.name.value.trim();
  const secret = form.elements.secret.value;
  const byCode = /^\d+$/.test(name);
  const button = form.elements.go;
  button.disabled = true;
  setHidden(problem, true);
  try {
    const session = await api("POST", "/session", byCode ? { code: name, pin: secret } : { login: name, password: secret, totp: form.elements.code.value });
    location.assign(session.who === "agent" ? "/desk" : "/");
  } catch (error) {
    if (error.code === "totp_needed") {
      setHidden(find("#sign-in-code"), false);
      form.elements.code.focus();
      return;
    }
    const known = { sign_in_failed: t("sign_in.failed"), too_many_tries: t("sign_in.too_many") };
    setText(problem, known[error.code] ?? error.message);
    setHidden(problem, false);
    form.elements.secret.value = "";
    form.elements.secret.focus();
  } finally {
    button.disabled = false;
  }
});

// A page of before was led here a moment before somebody else's signing in was through: it is theirs now.
addEventListener("storage", ({ key, newValue }) => key === ME && newValue && location.assign("/"));
