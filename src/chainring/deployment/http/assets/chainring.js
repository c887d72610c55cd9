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
    const response = await this.#send("/v1/predict", { text, author: this.author, stream: true });
    let answer = null;
    for await (const [name, data] of events(response.body)) {
      if (name === "piece") onPiece(data.text);
      if (name === "answer") answer = data;
      if (name === "error") throw new ChainringError(500, data.error);
    }
    return answer;
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
  async #send(path, body) {
    const headers = { "content-type": "application/json", "idempotency-key": crypto.randomUUID() };
    if (this.key) headers.authorization = `Bearer ${this.key}`;
    const request = { method: "POST", headers, body: JSON.stringify(body) };
    for (let attempt = 1; ; attempt += 1) {
      const signal = AbortSignal.timeout(this.timeout);
      const response = await fetch(this.url + path, { ...request, signal }).catch((error) => error);
      if (response.ok) return response;
      const isLast = attempt >= this.tries;
      if (response instanceof Error) {
        if (isLast) throw response;
      } else if (isLast || !AGAIN.has(response.status)) {
        const { error } = await response.json().catch(() => ({}));
        throw new ChainringError(response.status, error ?? { message: response.statusText });
      }
      const asked = Number(response.headers?.get("retry-after")) || 0;
      const wait = Math.max(asked, 0.25 * 2 ** attempt * (0.5 + Math.random() / 2));
      await new Promise((done) => setTimeout(done, 1000 * Math.min(wait, 20)));
    }
  }
}

async function* events(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let waiting = "";
  for (let { value, done } = await reader.read(); !done; { value, done } = await reader.read()) {
    const blocks = (waiting + value).split("\n\n");
    waiting = blocks.pop();
    for (const block of blocks) {
      const lines = Object.fromEntries(block.split("\n").map((line) => line.split(/: (.*)/s, 2)));
      if (lines.data) yield [lines.event ?? "message", JSON.parse(lines.data)];
    }
  }
}
