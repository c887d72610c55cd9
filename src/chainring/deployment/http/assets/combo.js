// A text field that searches the labels: arrow keys, Enter, Escape, mouse; new labels are allowed.

import { say } from "./common.js";

const source = document.getElementById("labels");
const labels = source ? JSON.parse(source.textContent) : [];
let count = 0;

/** Returns the label that a text stands for: a known one by a name in any language, or the text. */
function meant(text) {
  const wanted = text.trim();
  const isCalled = (name) => name.toLowerCase() === wanted.toLowerCase();
  const alike = labels.filter((l) => l.names.some(isCalled));
  const known =
    labels.find((l) => l.name === wanted) ??
    labels.find((l) => l.label === wanted) ??
    (alike.length === 1 ? alike[0] : null);
  return known ? known.label : wanted;
}

function found(text) {
  const wanted = text.trim().toLowerCase();
  const begins = (l) => ` ${l.search} ${l.name.toLowerCase()}`.includes(` ${wanted}`);
  const hits = labels
    .filter((l) => `${l.search} ${l.name.toLowerCase()}`.includes(wanted))
    .sort((a, b) => begins(b) - begins(a));
  const isKnown = labels.some((l) => l.label === meant(text));
  const rows = hits.map((l) => ({ value: l.name, text: l.name, isNew: false }));
  if (wanted && !isKnown) {
    const value = text.trim();
    rows.push({ value, text: say("correct.new", { label: value }), isNew: true });
  }
  return rows;
}

/** Brings a field of class `combo` to life and returns how to read it. */
export function combobox(box) {
  const field = box.querySelector("input");
  const list = document.createElement("ul");
  const id = `combo-${(count += 1)}`;
  let rows = [];
  let active = -1;

  list.id = id;
  list.hidden = true;
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", box.querySelector("span").textContent);
  field.setAttribute("role", "combobox");
  field.setAttribute("aria-controls", id);
  field.setAttribute("aria-expanded", "false");
  field.setAttribute("aria-autocomplete", "list");
  box.append(list);

  function mark(index) {
    active = index;
    [...list.children].forEach((item, i) => {
      item.setAttribute("aria-selected", String(i === index));
      if (i === index) item.scrollIntoView({ block: "nearest" });
    });
    if (index >= 0) field.setAttribute("aria-activedescendant", `${id}-${index}`);
    else field.removeAttribute("aria-activedescendant");
  }

  function close() {
    list.hidden = true;
    field.setAttribute("aria-expanded", "false");
    mark(-1);
  }

  function choose(index) {
    field.value = rows[index].value;
    close();
  }

  function show(text) {
    rows = found(text);
    list.replaceChildren(
      ...rows.map((row, index) => {
        const item = document.createElement("li");
        item.id = `${id}-${index}`;
        item.textContent = row.text;
        item.className = row.isNew ? "new" : "";
        item.setAttribute("role", "option");
        item.addEventListener("pointerdown", (event) => {
          event.preventDefault();
          choose(index);
        });
        return item;
      }),
    );
    list.hidden = rows.length === 0;
    field.setAttribute("aria-expanded", String(rows.length > 0));
    mark(-1);
  }

  field.addEventListener("input", () => show(field.value));
  field.addEventListener("pointerdown", () => show(""));
  field.addEventListener("blur", close);
  field.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (list.hidden) show(field.value && rows.length ? field.value : "");
      const step = event.key === "ArrowDown" ? 1 : -1;
      mark((active + step + rows.length) % Math.max(1, rows.length));
    } else if (event.key === "Enter" && !list.hidden && active >= 0) {
      event.preventDefault();
      choose(active);
    } else if (event.key === "Escape" && !list.hidden) {
      event.preventDefault();
      close();
    }
  });

  return { label: () => meant(field.value), focus: () => field.focus() };
}

/** Returns how people call a label. */
export function nameOf(label) {
  return labels.find((l) => l.label === label)?.name ?? label.replaceAll("_", " ");
}
