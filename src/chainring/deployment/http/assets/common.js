// What every page's script shares: the words of its language, posts, panels.

const words = JSON.parse(document.getElementById("words").textContent);

// Scripts of pages have run by then: what was typed before would have been sent by nobody.
document.addEventListener("DOMContentLoaded", () => {
  for (const waits of document.querySelectorAll("fieldset.waits")) waits.disabled = false;
  if (document.activeElement === document.body) document.querySelector("[data-first]")?.focus();
});

/** Returns the text of a key, with its {fields} filled in. */
export function say(key, fields = {}) {
  return words[key].replace(/\{(\w+)\}/g, (whole, name) => fields[name] ?? whole);
}

/** Returns texts as sentences, one behind the other. */
function sentences(texts) {
  const isChinese = document.documentElement.lang.startsWith("zh");
  return texts
    .filter(Boolean)
    .map((text) => (/[.!?:。！？：]$/.test(text) ? text : text + (isChinese ? "。" : ".")))
    .join(isChinese ? "" : " ");
}

/** Posts JSON and returns what the server answered; throws its message. */
export async function post(path, body) {
  let response;
  try {
    response = await fetch(path, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
  } catch {
    throw new Error(say("offline"));
  }
  const answer = await response.json().catch(() => ({}));
  if (response.status === 401) {
    const here = encodeURIComponent(location.pathname + location.search);
    const link = [say("signed_out.go"), `/login?next=${here}`];
    throw Object.assign(new Error(say("signed_out")), { link });
  }
  if (!response.ok) {
    const error = answer.error ?? { message: say("failed"), next: "", faults: [] };
    const next = error.code === "bad_input" ? "" : error.next; // it tells programs where to look
    const message = error.message.charAt(0).toUpperCase() + error.message.slice(1);
    throw new Error(sentences([message, ...error.faults, next]));
  }
  return answer;
}

/** Says something in a card's status line; `link` is [text, address]. */
export function tell(card, text, { bad = false, link = null } = {}) {
  const line = card.querySelector(".told");
  line.classList.toggle("bad", bad);
  write(line, text, link);
}

let lines = 0;

/** Says what a field lacks, and leads to it; it is right again once something is typed. */
export function unfit(card, field, text) {
  tell(card, text, { bad: true });
  const line = card.querySelector(".told");
  line.id ||= `told-${(lines += 1)}`;
  field.setAttribute("aria-invalid", "true");
  field.setAttribute("aria-describedby", line.id);
  field.addEventListener("input", () => field.removeAttribute("aria-invalid"), { once: true });
  field.focus();
}

/** Writes into a line; `link` is [text, address], and opens beside what was typed. */
export function write(line, text, link = null) {
  line.textContent = text;
  if (link) {
    const anchor = document.createElement("a");
    [anchor.textContent, anchor.href] = link;
    anchor.target = "_blank"; // what stands on the page stays, typed or drawn
    line.append(" ", anchor);
  }
}

/** Opens one panel of a card and closes its others; null closes all. */
export function open(card, name) {
  for (const panel of card.querySelectorAll("[data-panel]")) {
    panel.hidden = panel.dataset.panel !== name;
  }
  for (const button of card.querySelectorAll("[data-open]")) {
    button.setAttribute("aria-expanded", String(button.dataset.open === name));
  }
  if (name) {
    card.querySelector(`[data-panel="${name}"]`).querySelector("input, textarea")?.focus();
  }
}

/** Makes the buttons that open panels work; Escape closes. */
export function panels(card) {
  for (const button of card.querySelectorAll("[data-open]")) {
    button.addEventListener("click", () => {
      const isOpen = button.getAttribute("aria-expanded") === "true";
      open(card, isOpen ? null : button.dataset.open);
    });
  }
  card.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.defaultPrevented) return;
    const opener = card.querySelector('[data-open][aria-expanded="true"]');
    open(card, null);
    opener?.focus();
  });
}

/** Runs one action of a card at a time, and tells the card what failed. */
export async function during(card, action) {
  if (card.ariaBusy === "true") return null;
  card.ariaBusy = "true";
  try {
    return await action();
  } catch (error) {
    tell(card, error.message, { bad: true, link: error.link });
    return null;
  } finally {
    card.ariaBusy = "false";
  }
}
