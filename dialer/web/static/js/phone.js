// The phone in the page: registers at Asterisk, answers what the dialer sends, and comes back by itself.
//
// One page at a time holds it (a second one waits for its turn), so that two pages of one person do not take it from each
// other. It knows nothing of the page; who uses it is told what happens through `on`.

import { UA, WebSocketInterface } from "../vendor/jssip.js";

const REGISTER_EVERY_S = 60;
const REGISTER_AGAIN_MS = 1000; // after a refusal, then doubled
const REGISTER_AGAIN_MAX_MS = 30_000;
const RECOVER_FIRST_S = 1;
const RECOVER_MAX_S = 4;
const NO_AUDIO_MS = 3000; // a path that is gone this long is given up, and made anew
const ECHO = "*43"; // what hears itself

/** Media of this page's sessions: host candidates alone, since Asterisk is reached directly. */
const MEDIA = { iceServers: [], bundlePolicy: "max-bundle" };

export class Phone {
  /**
   * `account` is what GET /desk/phone or /floor/phone tells. `on` may have: state(name, detail), taken() when no other page of
   * this browser has it any more, began(), ended().
   * States: waiting (another page has it), connecting, registered, lost, refused, no_microphone; left, which is not told.
   */
  constructor(account, audio, on) {
    this.account = account;
    this.audio = audio;
    this.on = on;
    this.state = "waiting";
    this.session = null;
    this.testing = false;
    this.wait = REGISTER_AGAIN_MS;
    this.stale = false;
    this.microphone = localStorage.getItem("phone.microphone") ?? "";
    this.muted = false;
    addEventListener("pagehide", () => this.leave());
    addEventListener("online", () => this.renew());
    navigator.mediaDevices?.addEventListener("devicechange", () => this.#heardAgain());
    navigator.permissions
      ?.query({ name: "microphone" })
      .then((leave) => leave.addEventListener("change", () => this.#heardAgain()))
      .catch(() => {}); // a browser that does not tell: the dialer's next call tries again
  }

  /** Take the phone as soon as no other page has it. */
  start() {
    this.#tell("waiting");
    this.wish = new AbortController();
    const held = () => {
      this.on.taken?.();
      this.#register();
      return new Promise((release) => (this.release = release)); // until the phone is left
    };
    navigator.locks.request(`cadencia.phone.${this.account.name}`, { signal: this.wish.signal }, held).catch(() => {});
  }

  /** The phone is done with, or the page goes: what it was in ends now, not when Asterisk misses it. */
  leave() {
    this.state = "left";
    this.wish?.abort(); // where another page has it still
    this.session?.terminate();
    this.ua?.stop();
    this.ua = null;
    this.release?.();
    this.release = null;
  }

  #register() {
    const { url, uri, name, password } = this.account;
    const ua = new UA({
      sockets: [new WebSocketInterface(url)],
      uri,
      authorization_user: name,
      password,
      register_expires: REGISTER_EVERY_S,
      connection_recovery_min_interval: RECOVER_FIRST_S,
      connection_recovery_max_interval: RECOVER_MAX_S,
      session_timers: false,
      user_agent: "Cadencia",
    });
    this.ua = ua;
    const on = (name, act) => ua.on(name, (event) => ua === this.ua && act(event)); // a former one has no say
    on("connecting", () => this.#tell("connecting"));
    on("disconnected", () => this.#tell("lost"));
    on("registered", () => {
      this.wait = REGISTER_AGAIN_MS;
      this.#tell("registered");
    });
    on("registrationFailed", ({ cause }) => {
      this.#tell("refused", cause);
      this.#later(ua);
    });
    on("newRTCSession", (event) => this.#called(event));
    ua.start();
  }

  /** JsSIP asks once: an Asterisk that was too busy, or only starting, is asked again, less and less often. */
  #later(ua) {
    setTimeout(() => ua === this.ua && ua.isConnected() && !ua.isRegistered() && ua.register(), this.wait);
    this.wait = Math.min(2 * this.wait, REGISTER_AGAIN_MAX_MS);
  }

  /** The network was away: the link to Asterisk may be dead without knowing it. A talk that is on is not broken for it. */
  renew() {
    this.stale = true;
    this.#renewed();
  }

  #renewed() {
    if (!this.stale || this.session || !this.ua) return;
    this.stale = false;
    const former = this.ua;
    this.#register();
    former.stop();
  }

  #called({ originator, session }) {
    if (originator !== "remote") return;
    if (this.session) {
      this.testing = false;
      this.session.terminate(); // the dialer's newest call is the one that counts
    }
    this.#follow(session);
    session.answer({ mediaConstraints: this.#constraints(), pcConfig: MEDIA });
  }

  #follow(session) {
    this.session = session;
    const mine = () => this.session === session;
    const wired = (connection) => this.#wire(connection, session);
    if (session.connection) wired(session.connection);
    else session.on("peerconnection", ({ peerconnection }) => wired(peerconnection));
    session.on("confirmed", () => {
      if (this.state === "no_microphone") this.#tell("registered"); // it was found this time
      if (this.muted) session.mute({ audio: true });
      this.#watch(session);
      if (mine()) this.on.began?.();
    });
    session.on("getusermediafailed", () => this.#tell("no_microphone"));
    const over = () => {
      if (!mine()) return;
      this.session = null;
      this.testing = false;
      this.audio.srcObject = null;
      this.#renewed();
      this.on.ended?.();
    };
    session.on("ended", over);
    session.on("failed", over);
  }

  #wire(connection, session) {
    let gone = null;
    connection.addEventListener("track", ({ streams, track }) => {
      this.audio.srcObject = streams[0] ?? new MediaStream([track]);
      this.audio.play().catch(() => {}); // plays once somebody has touched the page
    });
    connection.addEventListener("iceconnectionstatechange", () => {
      clearTimeout(gone);
      if (["disconnected", "failed"].includes(connection.iceConnectionState)) {
        gone = setTimeout(() => this.session === session && session.terminate(), NO_AUDIO_MS);
      }
    });
  }

  /** Unplugged, or the browser's leave taken back: another microphone takes its place, or the agent is told. */
  #watch(session) {
    const track = microphoneOf(session)?.track;
    track?.addEventListener("ended", () => this.session === session && this.#speakInto().catch(() => this.#tell("no_microphone")));
  }

  /** There may be a microphone where there was none. */
  #heardAgain() {
    if (this.state !== "no_microphone") return;
    if (this.session) this.#speakInto().catch(() => {});
    else if (this.ua?.isRegistered()) this.#tell("registered");
  }

  /** Let the call that is on hear the microphone of choice, or another where that one is gone. */
  async #speakInto() {
    const { session } = this;
    const sender = microphoneOf(session);
    if (!sender) return;
    const stream = await navigator.mediaDevices.getUserMedia(this.#constraints());
    const former = sender.track;
    stream.getAudioTracks()[0].enabled = former.enabled;
    await sender.replaceTrack(stream.getAudioTracks()[0]);
    former.stop();
    this.#watch(session);
    if (this.state === "no_microphone") this.#tell("registered");
    this.on.began?.();
  }

  #constraints() {
    const device = this.microphone ? { deviceId: { ideal: this.microphone } } : {};
    return { audio: { ...device, echoCancellation: true, noiseSuppression: true, autoGainControl: true }, video: false };
  }

  #tell(state, detail = "") {
    this.state = state;
    this.on.state?.(state, detail);
  }

  /** Call what echoes; nothing happens while a call is on. */
  test() {
    if (this.session || this.state !== "registered") return;
    this.testing = true;
    const session = this.ua.call(ECHO, { mediaConstraints: this.#constraints(), pcConfig: MEDIA });
    this.#follow(session);
  }

  hangUpTest() {
    if (this.testing) this.session?.terminate();
  }

  mute(muted) {
    this.muted = muted;
    if (muted) this.session?.mute({ audio: true });
    else this.session?.unmute({ audio: true });
  }

  /** A keypad tone to whoever is on the line. */
  tone(sign) {
    this.session?.sendDTMF(sign, { transportType: "RFC2833", duration: 120, interToneGap: 80 });
  }

  /** Use another microphone, at once. */
  async useMicrophone(id) {
    this.microphone = id;
    localStorage.setItem("phone.microphone", id);
    await this.#speakInto();
  }

  /** Hear with another device. */
  async useSpeaker(id) {
    localStorage.setItem("phone.speaker", id);
    if (this.audio.setSinkId) await this.audio.setSinkId(id);
  }

  /** Packets of the present call so far, both ways, and how many were lost on the way here; null without a call. */
  async packets() {
    const connection = this.session?.connection;
    if (!connection) return null;
    const count = { sent: 0, received: 0, lost: 0 };
    for (const report of (await connection.getStats()).values()) {
      if (report.type === "outbound-rtp") count.sent += report.packetsSent ?? 0;
      if (report.type === "inbound-rtp") {
        count.received += report.packetsReceived ?? 0;
        count.lost += report.packetsLost ?? 0;
      }
    }
    return count;
  }
}

const microphoneOf = (session) => session?.connection?.getSenders().find((one) => one.track?.kind === "audio");
