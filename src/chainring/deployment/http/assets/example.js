// The example of a page that asks: what a web page of one's own would do.

import { Chainring } from "./chainring.js";
import { during, say, tell } from "./common.js";

const house = new Chainring();
const card = document.getElementById("example");
const form = card.querySelector("form");
const said = card.querySelector("output");

form.addEventListener("submit", (event) => {
  event.preventDefault();
  during(card, async () => {
    said.textContent = "";
    const answer = await house.stream(form.elements.text.value, (piece) => said.append(piece));
    said.textContent = answer.output || answer.label;
    tell(card, say("example.told", { id: answer.id, percent: Math.round(100 * answer.confidence) }));
  });
});
