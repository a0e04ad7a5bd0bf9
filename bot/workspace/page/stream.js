/** The live line from the server: opens as one person, comes back by itself after a break. */

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 8000;

export class LiveStream {
  #source = null;
  #timer = 0;
  #wait = FIRST_WAIT_MS;
  #user = null;

  /** onEvent(event) per event; onOpen() each time the line is up, so that what was missed can be fetched; onLost(). */
  constructor({ onEvent, onOpen, onLost }) {
    Object.assign(this, { onEvent, onOpen, onLost });
  }

  /** Closes the line of the person before, and opens it for this one. */
  open(user) {
    this.close();
    this.#user = user;
    this.#wait = FIRST_WAIT_MS;
    this.#connect();
  }

  close() {
    clearTimeout(this.#timer);
    this.#source?.close();
    this.#source = null;
  }

  #connect() {
    const source = new EventSource(`/client/stream?user=${encodeURIComponent(this.#user)}`);
    this.#source = source;
    source.addEventListener("open", () => {
      if (source !== this.#source) return;
      this.#wait = FIRST_WAIT_MS;
      this.onOpen();
    });
    source.addEventListener("message", (event) => {
      if (source === this.#source) this.onEvent(JSON.parse(event.data));
    });
    source.addEventListener("error", () => {
      if (source !== this.#source) return;
      source.close(); // the browser's own retry gives up on an HTTP error; ours does not
      this.onLost();
      this.#timer = setTimeout(() => this.#connect(), this.#wait * (0.75 + Math.random() / 2));
      this.#wait = Math.min(this.#wait * 2, LONGEST_WAIT_MS);
    });
  }
}
