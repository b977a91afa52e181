// The live view: one WebSocket per page, made again for as long as the page is open.

const FIRST_WAIT_MS = 300;
const LONGEST_WAIT_MS = 2000; // a desk shows the truth again within 5 s
const SIGNED_OUT = 1008;

/**
 * Hear the topics. `on` maps a topic to what is done with its data; `onLink` is told true or false as the link comes and goes.
 */
export function live(topics, on, onLink) {
  const scheme = location.protocol === "https:" ? "wss" : "ws";
  const address = `${scheme}://${location.host}/api/v1/live?topics=${topics.join(",")}`;
  let wait = FIRST_WAIT_MS;

  function connect() {
    const socket = new WebSocket(address);
    socket.addEventListener("open", () => onLink(true));
    socket.addEventListener("message", (event) => {
      wait = FIRST_WAIT_MS;
      const { topic, data } = JSON.parse(event.data);
      on[topic]?.(data);
    });
    socket.addEventListener("close", (event) => {
      onLink(false);
      if (event.code === SIGNED_OUT && event.reason === "not_signed_in") {
        location.assign("/sign-in");
        return;
      }
      // A part of chance keeps a whole room from coming back in the same instant.
      setTimeout(connect, wait * (0.5 + Math.random()));
      wait = Math.min(wait * 2, LONGEST_WAIT_MS);
    });
  }

  connect();
}
