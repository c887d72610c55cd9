// The field in which a person says what would have been right: a list of labels, or what is written.

import { combobox, nameOf } from "./combo.js";

/** Brings the field of a panel to life and returns how to read it and what to say when empty. */
export function valueField(panel) {
  const box = panel.querySelector(".combo");
  if (box) {
    const input = box.querySelector("input");
    return { input, value: combobox(box).label, empty: "correct.empty", start() {} };
  }
  const field = panel.querySelector(".value").querySelector("input, textarea");
  return {
    input: field,
    value: () => field.value.trim(),
    empty: "correct.unwritten",
    start(text) {
      field.defaultValue = text; // to be bettered, and there again after a reset
    },
  };
}

/** Returns a value as people read it: a label by its name, anything else as it is. */
export function nameOfValue(panel, value) {
  return panel.querySelector(".combo") ? nameOf(value) : value;
}
