// The live page: draws itself again every five seconds, while somebody looks at it.

import { say } from "./common.js";
import { localise, timeOfDay } from "./times.js";

const EVERY_MS = 5000;
let drawnAt = "";

/** Says when what is shown was true. */
function drawn() {
  drawnAt = timeOfDay(new Date());
  document.getElementById("drawn").textContent = say("watch.drawn", { when: drawnAt });
}

/** Says whether the server answers; if not, what was drawn stays. */
function away(isAway) {
  const line = document.getElementById("away");
  const text = isAway ? say("watch.away", { when: drawnAt }) : "";
  if (line.textContent !== text) line.textContent = text;
  line.hidden = !isAway;
}

async function asked() {
  const signal = AbortSignal.timeout(2 * EVERY_MS);
  const response = await fetch(location.href, { headers: { accept: "text/html" }, signal });
  return [response, await response.text()];
}

async function again() {
  if (document.hidden) return;
  const [response, text] = await asked().catch(() => [null, ""]);
  if (response?.redirected || response?.status === 401) {
    // The key of this tab has ended: nobody asks on with it, and the way in is shown.
    clearInterval(timer);
    location.reload();
    return;
  }
  away(!response?.ok);
  if (!response?.ok) return;
  const page = new DOMParser().parseFromString(text, "text/html");
  const main = document.querySelector("main");
  const focused = document.activeElement;
  if (main !== focused && main.contains(focused)) return; // what somebody uses is not taken away
  main.replaceChildren(...page.querySelector("main").children);
  localise(main);
  drawn();
}

drawn();
const timer = setInterval(again, EVERY_MS);
