// The live view: one WebSocket per page, made again for as long as the page is open.
//
// A link can be dead without a word of the network's. The server says something every 3 s at least: silence is a loss, too.

import { signedOut } from "./api.js";

const FIRST_WAIT_MS = 300;
const LONGEST_WAIT_MS = 2000; // a desk shows the truth again within 5 s
const OPEN_MAX_MS = 4000;
const SILENT_MAX_MS = 8000;
const SIGNED_OUT = 1008;

/**
 * Hear the topics. `on` maps a topic to what is done with its data; `onLink` is told true or false as the link comes and goes,
 * and when it goes, whether it just fell silent: then it is the network that is away.
 */
export function live(topics, on, onLink) {
  const scheme = location.protocol === "https:" ? "wss" : "ws";
  const address = `${scheme}://${location.host}/api/v1/live?topics=${topics.join(",")}`;
  let wait = FIRST_WAIT_MS;

  function connect() {
    const socket = new WebSocket(address);
    let over = false;
    let patience = setTimeout(lost, OPEN_MAX_MS, true);

    function heard() {
      clearTimeout(patience);
      patience = setTimeout(lost, SILENT_MAX_MS, true);
    }

    function lost(silent) {
      if (over) return;
      over = true;
      clearTimeout(patience);
      socket.close();
      onLink(false, silent);
      // A part of chance keeps a whole room from coming back in the same instant.
      setTimeout(connect, wait * (0.5 + Math.random()));
      wait = Math.min(wait * 2, LONGEST_WAIT_MS);
    }

    socket.addEventListener("open", () => {
      if (over) return;
      heard();
      onLink(true);
    });
    socket.addEventListener("message", (event) => {
      if (over) return;
      heard();
      wait = FIRST_WAIT_MS;
      const { topic, data } = JSON.parse(event.data);
      on[topic]?.(data);
    });
    socket.addEventListener("close", (event) => {
      const out = !over && event.code === SIGNED_OUT && event.reason === "not_signed_in";
      lost(false);
      if (out) signedOut();
    });
  }

  connect();
}
