// Asks a chainring server from a web page: no build, no dependency, one file.
//
//   import { Chainring } from "//HOST/assets/chainring.js";
//   const house = new Chainring("//HOST", { key: "cr_ask_…" });
//   const answer = await house.ask("Where is my parcel?");
//   await house.react(answer.id, "rating", "up");
//
// A key in a page can be read by everybody who opens it: make one of role ask or react, held to what
// the page does and with a limit (`chainring keys --make ask --only predict,react --per-minute 60`).

const AGAIN = new Set([429, 500, 502, 503, 504]);
const LONGEST_WAIT_S = 20;

export class ChainringError extends Error {
  constructor(status, fault) {
    super([fault.message, ...(fault.faults ?? []), fault.next].filter(Boolean).join(" "));
    Object.assign(this, { name: "ChainringError", status, code: fault.code });
  }
}

export class Chainring {
  constructor(url = "", { key = "", author = "", tries = 3, timeout = 30_000 } = {}) {
    Object.assign(this, { url: url.replace(/\/$/, ""), key, author, tries, timeout });
  }

  /** Returns the answer to a text: { id, label, confidence, passed_on, message, article, … }. */
  ask(text, { pair, episode = "" } = {}) {
    return this.#json("/v1/predict", { text, pair, episode, author: this.author });
  }

  /** Calls `onPiece` with each piece of an answer while it is written; returns the whole answer. */
  async stream(text, onPiece) {
    const body = { text, author: this.author, stream: true };
    const silence = new Silence(this.timeout);
    try {
      const response = await this.#send("/v1/predict", body, { signal: () => silence.begun(), key: "" });
      for await (const [name, data] of events(response.body, () => silence.heard())) {
        if (name === "piece") onPiece(data.text);
        if (name === "answer") return data;
        if (name === "error") throw new ChainringError(500, data.error);
      }
    } finally {
      silence.over();
    }
    throw new ChainringError(502, { code: "cut_short", message: "The answer ended before it was whole." });
  }

  /** Says what a person did about an answer: rating, confirmation, correction, comment, flag. */
  react(prediction, kind, value = "", { comment = "", consent = "none" } = {}) {
    const author = this.author;
    return this.#json("/v1/react", { prediction, kind, value, comment, consent, author });
  }

  async #json(path, body) {
    return (await this.#send(path, body)).json();
  }

  /** Posts, and tries again what may be tried again: with one key, so that it is done once. */
  async #send(path, body, { signal = () => AbortSignal.timeout(this.timeout), key = newKey() } = {}) {
    const headers = { "content-type": "application/json" };
    if (key) headers["idempotency-key"] = key; // a stream is not remembered
    if (this.key) headers.authorization = `Bearer ${this.key}`;
    const request = { method: "POST", headers, body: JSON.stringify(body) };
    for (let attempt = 1; ; attempt += 1) {
      const asked = { ...request, signal: signal() };
      const response = await fetch(this.url + path, asked).catch((error) => error);
      if (response.ok) return response;
      const wait = Number(response.headers?.get("retry-after")) || 0;
      const isLast = attempt >= this.tries || wait > LONGEST_WAIT_S;
      if (response instanceof Error) {
        if (isLast) throw response;
      } else if (isLast || !AGAIN.has(response.status)) {
        const { error } = await response.json().catch(() => ({}));
        throw new ChainringError(response.status, error ?? { message: response.statusText });
      }
      const own = Math.min(0.25 * 2 ** attempt * (0.5 + Math.random() / 2), LONGEST_WAIT_S);
      await new Promise((done) => setTimeout(done, 1000 * Math.max(wait, own)));
    }
  }
}

/** Ends a stream in which nothing came for so long. */
class Silence {
  constructor(longest) {
    Object.assign(this, { longest, controller: null, timer: 0 });
  }

  begun() {
    this.controller = new AbortController();
    this.heard();
    return this.controller.signal;
  }

  heard() {
    clearTimeout(this.timer);
    const late = new DOMException("nothing came in time", "TimeoutError");
    this.timer = setTimeout(() => this.controller.abort(late), this.longest);
  }

  over() {
    clearTimeout(this.timer);
  }
}

/** Also on a page without TLS, where there is no crypto.randomUUID. */
function newKey() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (n) => n.toString(16)).join("-");
}

async function* events(body, heard) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let waiting = "";
  for (let { value, done } = await reader.read(); !done; { value, done } = await reader.read()) {
    heard();
    const blocks = (waiting + value).split("\n\n");
    waiting = blocks.pop();
    for (const block of blocks) {
      const lines = Object.fromEntries(block.split("\n").map((line) => line.split(/: (.*)/s, 2)));
      if (lines.data) yield [lines.event ?? "message", JSON.parse(lines.data)];
    }
  }
}
