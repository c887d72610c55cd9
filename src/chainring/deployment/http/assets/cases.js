// The cases: close one, and say what the reporter is told.

import { during, open, panels, post, say, tell, unfit } from "./common.js";
import { valueField } from "./values.js";

for (const item of document.querySelectorAll("[data-case]")) {
  const form = item.querySelector("[data-panel=close]");
  if (!form) continue;
  const field = valueField(form);
  panels(item);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const { outcome, told, must } = form.elements;
    if (!outcome.value.trim() || !told.value.trim()) {
      unfit(item, outcome.value.trim() ? told : outcome, say("cases.unwritten"));
      return;
    }
    during(item, async () => {
      await post(`/v1/cases/${encodeURIComponent(item.dataset.case)}/close`, {
        outcome: outcome.value.trim(),
        told: told.value.trim(),
        truth: field.value(),
        must: must.checked,
      });
      open(item, null);
      item.querySelector("[data-open]").hidden = true;
      item.classList.add("done");
      tell(item, say("cases.done"));
    });
  });
}
