// The queue: decisions by mouse or keys; the next item is chosen when one is done.

import { during, open, panels, post, say, tell, unfit } from "./common.js";
import { nameOfValue, valueField } from "./values.js";

const items = [...document.querySelectorAll("[data-item]")];
const left = document.getElementById("left");

function waiting() {
  return items.filter((item) => !item.classList.contains("done"));
}

function current() {
  return document.activeElement?.closest?.("[data-item]") ?? null;
}

/** Goes `step` items on from the one that has the focus. */
function go(step) {
  const rows = waiting();
  if (rows.length === 0) return;
  const at = rows.indexOf(current());
  const next = at < 0 ? 0 : Math.min(rows.length - 1, Math.max(0, at + step));
  rows[next].focus();
  rows[next].scrollIntoView({ block: "nearest" });
}

function after(item) {
  const later = items.slice(items.indexOf(item) + 1).find((i) => !i.classList.contains("done"));
  return later ?? waiting()[0];
}

function decide(item, decision, value) {
  return during(item, async () => {
    const must = item.querySelector("[name=must]")?.checked ?? false;
    await post("/v1/review", { item: item.dataset.item, decision, value, must });
    done(item, decision, value);
  });
}

function done(item, decision, value) {
  const said = {
    accept: say("review.accepted"),
    change: say("review.changed", { label: nameOfValue(item, value) }),
    reject: say("review.rejected"),
  };
  open(item, null);
  item.classList.add("done");
  for (const row of item.querySelectorAll(".row")) row.hidden = true;
  tell(item, said[decision]);
  const rest = waiting();
  left.textContent = say(left.dataset.said, { n: rest.length });
  if (rest.length === 0 && left.dataset.said === "review.more") {
    location.reload();
    return;
  }
  document.getElementById("empty").hidden = rest.length > 0;
  const next = after(item);
  next?.focus();
  next?.scrollIntoView({ block: "nearest" });
}

for (const item of items) {
  const field = valueField(item.querySelector("[data-panel=change]"));
  field.start(item.dataset.value);
  panels(item);
  for (const button of item.querySelectorAll("[data-decision]")) {
    const decision = button.dataset.decision;
    const value = decision === "accept" ? item.dataset.value : "";
    button.addEventListener("click", () => decide(item, decision, value));
  }
  item.querySelector("[data-panel=change]").addEventListener("submit", (event) => {
    event.preventDefault();
    const value = field.value();
    if (value) decide(item, "change", value);
    else unfit(item, field.input, say(field.empty));
  });
}

const keys = {
  j: () => go(1),
  k: () => go(-1),
  a: (item) => item?.querySelector("[data-decision=accept]")?.click(),
  r: (item) => item?.querySelector("[data-decision=reject]")?.click(),
  m: (item) => item?.querySelector("[name=must]")?.click(),
  c: (item) => item && open(item, "change"),
};

document.addEventListener("keydown", (event) => {
  const isTyping = event.target.matches("input[type=text], textarea");
  const action = keys[event.key.toLowerCase()];
  if (isTyping || !action || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  action(current());
});

if (items.length > 0) items[0].focus({ preventScroll: true });
