// The phone as the agent sees it: its state, devices, levels, a test call; and when the desk asks for the leg anew.

import { api } from "../api.js";
import { el, find, setData, setHidden, setText } from "../dom.js";
import { attempt } from "../frame.js";
import { count } from "../format.js";
import { t } from "../texts.js";
import { Phone } from "../phone.js";

const GRACE_MS = 400; // the dialer may be calling already
const LOOK_MS = 1000;
const LEVEL_MS = 100;
const TAKE_AGAIN_MS = 2000;
const STATES = { connecting: t("phone.connecting"), registered: t("phone.registered") };
const TROUBLES = {
  waiting: t("phone.waiting"),
  lost: t("phone.lost"),
  refused: t("phone.refused"),
  no_microphone: t("phone.no_microphone"),
  elsewhere: t("phone.elsewhere"),
  insecure: t("phone.insecure"),
};

/** `onChange` is told when a call of the phone begins or ends, or its state changes. */
export function createPhonePanel(onChange) {
  const audio = find("#phone-audio");
  const page = `${Date.now().toString(36)}-${Math.random().toString(36).slice(2)}-${Math.random().toString(36).slice(2)}`;
  let account = null;
  let phone = null;
  let holder = null; // the page that has the phone, as the server last told
  let takenAt = null; // since when this one has it; null until the server has said so
  let desk = null;
  let meters = null;
  let asking = null;
  let starting = false;

  let tellKnown;
  const known = new Promise((tell) => (tellKnown = tell)); // once the server has said whether this page has a phone

  const use = () => localStorage.getItem("phone.use") ?? "page";

  async function start() {
    if (phone || starting) return;
    starting = true;
    try {
      account = await api("GET", "/desk/phone");
    } catch {
      setTimeout(start, 2000); // the server is away: the phone comes up with it
      return;
    } finally {
      starting = false;
    }
    setHidden(find("#phone-use").parentElement, account === null);
    find("#phone-use").value = account ? use() : "other";
    if (account && use() === "page" && !isSecureContext) {
      account = null; // no microphone and no lock: what an address without https is not given
      told("insecure");
    } else if (account && use() === "page") {
      phone = new Phone(account, audio, { state: told, taken: take, began, ended });
      phone.start();
    }
    tellKnown();
    audio.setSinkId?.(localStorage.getItem("phone.speaker") ?? "").catch(() => {});
  }

  /** This page has the phone now; a page on another machine, which this browser knows nothing of, lets go of it. */
  async function take() {
    const mine = phone;
    try {
      takenAt = (await api("POST", "/desk/phone/take", { page })).at;
    } catch {
      setTimeout(() => phone === mine && take(), TAKE_AGAIN_MS);
    }
  }

  function moved(taken) {
    const before = holder;
    holder = taken.page;
    if (!phone || holder === page) return;
    const here = phone.state === "waiting" ? before === null || before === holder : takenAt === null || taken.at <= takenAt;
    if (!here) yieldPhone();
  }

  function letGo() {
    clearTimeout(asking);
    phone?.leave();
    phone = null;
    takenAt = null;
  }

  function yieldPhone() {
    letGo();
    told("elsewhere");
  }

  function told(state, detail) {
    const trouble = TROUBLES[state];
    setText(find("#phone-state"), [trouble ?? STATES[state], detail].filter(Boolean).join(": "));
    setHidden(find("#phone-trouble"), !trouble);
    setText(find("#phone-trouble-text"), trouble ?? "");
    setHidden(find("#phone-here"), state !== "elsewhere");
    if (state === "registered") again();
    onChange();
  }

  function began() {
    clearTimeout(asking);
    listen();
    onChange();
  }

  function ended() {
    meters?.close();
    meters = null;
    again();
    onChange();
  }

  /** Ask for the leg where work goes on and this phone has none: after a reload, a lost network, a closed lid. */
  function again() {
    clearTimeout(asking);
    if (!phone || phone.state !== "registered" || phone.session || !desk || desk.state === "signed_out") return;
    asking = setTimeout(() => {
      if (phone.session || !desk || desk.state === "signed_out") return;
      api("POST", "/desk/phone/back", { endpoint: account.endpoint, page }).catch((problem) => {
        if (problem.code === "phone_elsewhere" && takenAt !== null && phone) yieldPhone();
        else setTimeout(again, LOOK_MS);
      });
    }, GRACE_MS);
  }

  function listen() {
    meters?.close();
    const connection = phone.session?.connection;
    const mine = connection?.getSenders().find((one) => one.track)?.track;
    const theirs = connection?.getReceivers().find((one) => one.track)?.track;
    if (mine && theirs) meters = createMeters(mine, theirs);
  }

  async function showDevices() {
    const devices = await navigator.mediaDevices?.enumerateDevices().catch(() => []);
    fill(find("#phone-microphone"), devices, "audioinput", phone?.microphone ?? "");
    fill(find("#phone-speaker"), devices, "audiooutput", localStorage.getItem("phone.speaker") ?? "");
  }

  async function showPackets() {
    const packets = await phone?.packets().catch(() => null);
    const shown = find("#phone-packets");
    setData(shown, "sent", packets?.sent ?? 0);
    setData(shown, "received", packets?.received ?? 0);
    const values = packets && { sent: count(packets.sent), received: count(packets.received), lost: count(packets.lost) };
    setText(shown, values ? t("phone.packets", values) : "");
    if (phone && !phone.session && desk?.leg_up && phone.state === "registered") again(); // it is believed in, and not here
  }

  function toggle() {
    const panel = find("#phone-panel");
    setHidden(panel, !panel.hidden);
    find("#phone").setAttribute("aria-expanded", String(!panel.hidden));
    if (!panel.hidden) showDevices();
  }

  find("#phone").addEventListener("click", toggle);
  find("#phone-use").addEventListener("change", ({ target }) => {
    localStorage.setItem("phone.use", target.value);
    if (target.value === "page") start();
    else {
      letGo();
      setText(find("#phone-state"), "");
      setHidden(find("#phone-trouble"), true);
      onChange();
    }
  });
  find("#phone-here").addEventListener("click", start);
  find("#phone-microphone").addEventListener("change", ({ target }) => attempt(() => phone?.useMicrophone(target.value)));
  find("#phone-speaker").addEventListener("change", ({ target }) => attempt(() => phone?.useSpeaker(target.value)));
  find("#phone-test").addEventListener("click", () => (phone?.testing ? phone.hangUpTest() : phone?.test()));
  setInterval(showPackets, LOOK_MS);
  setInterval(() => {
    if (find("#phone-panel").hidden) return;
    const [mine, theirs] = meters?.levels() ?? [0, 0];
    find("#level-mine").value = mine;
    find("#level-theirs").value = theirs;
    setText(find("#phone-test"), phone?.testing ? t("phone.test_end") : t("phone.test"));
    find("#phone-test").disabled = !phone || (phone.session !== null && !phone.testing) || phone.state !== "registered";
  }, LEVEL_MS);
  start();

  return {
    show(next) {
      const first = desk === null;
      desk = next;
      if (first) again();
    },
    toggle,
    moved,
    renew: () => phone?.renew(),
    /** What signing in names: the phone of a page, this one or another; or none, and then the agent's own counts. */
    async endpoint() {
      await known;
      return account && use() === "page" ? account.endpoint : null;
    },
    get here() {
      return phone !== null;
    },
    get talking() {
      return phone?.session != null && !phone.testing;
    },
    get registered() {
      return phone?.state === "registered";
    },
    get muted() {
      return phone?.muted ?? false;
    },
    mute: (muted) => phone?.mute(muted),
    tone: (sign) => phone?.tone(sign),
  };
}

function fill(select, devices, kind, chosen) {
  const known = devices.filter((one) => one.kind === kind && one.deviceId);
  select.replaceChildren(
    ...known.map((device, n) => {
      const option = el("option", "", device.label || `${n + 1}`);
      option.value = device.deviceId;
      option.selected = device.deviceId === chosen;
      return option;
    }),
  );
  select.disabled = known.length === 0;
}

/** How loud both sides are, from 0 to 1; `close` lets go of the audio. */
function createMeters(mine, theirs) {
  const context = new AudioContext();
  const ears = [mine, theirs].map((track) => {
    const ear = context.createAnalyser();
    ear.fftSize = 512;
    context.createMediaStreamSource(new MediaStream([track])).connect(ear);
    return ear;
  });
  const samples = new Float32Array(512);
  const level = (ear) => {
    ear.getFloatTimeDomainData(samples);
    return Math.min(1, 4 * Math.sqrt(samples.reduce((sum, one) => sum + one * one, 0) / samples.length));
  };
  return { levels: () => ears.map(level), close: () => context.close().catch(() => {}) };
}
