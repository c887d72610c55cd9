// The page to ask on: ask, show the answer, and send what its reader says of it.

import { during, open, panels, post, say, tell, unfit, write } from "./common.js";
import { nameOf } from "./combo.js";
import { valueField } from "./values.js";

const form = document.getElementById("question");
const field = form.elements.text;
const second = form.elements.pair; // only where the task reads two texts
const trouble = document.getElementById("trouble");
const answers = document.getElementById("answers");
const template = document.getElementById("answer");
const episode = `page-${[...crypto.getRandomValues(new Uint8Array(9))]
  .map((byte) => byte.toString(36))
  .join("")}`;
const OUTSIDE = "out_of_scope"; // the label of what the model knows nothing of
let count = 0;

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = form.querySelector("button");
  if (button.disabled) return; // Enter asks as well, and one answer is awaited already
  const asked = [field.value, second?.value];
  const text = field.value.trim();
  field.setAttribute("aria-invalid", String(!text));
  if (!text) {
    write(trouble, say("ask.empty"));
    trouble.hidden = false;
    field.focus();
    return;
  }
  button.disabled = true;
  button.textContent = say("ask.waiting");
  trouble.hidden = true;
  try {
    const pair = second ? second.value.trim() : "";
    const answer = await post("/v1/predict", { text, ...(pair ? { pair } : {}), episode });
    const card = show(text, answer);
    if (field.value !== asked[0] || second?.value !== asked[1]) return; // the next is being typed
    field.value = "";
    if (second) second.value = "";
    card.querySelector("h2").focus({ preventScroll: true });
    card.scrollIntoView({ block: "nearest" });
  } catch (error) {
    write(trouble, error.message, error.link);
    trouble.hidden = false;
  } finally {
    button.disabled = false;
    button.textContent = say("ask.go");
  }
});

field.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    form.requestSubmit();
  }
});

function show(text, answer) {
  const card = template.content.cloneNode(true).firstElementChild;
  const slot = (name) => card.querySelector(`[data-slot="${name}"]`);
  const name = answer.label ? nameOf(answer.label) : answer.output;
  slot("question").textContent = text;
  slot("label").textContent = headline(answer, name);
  if (answer.passed_on) {
    card.classList.add("unsure");
    slot("passed_on").textContent = answer.message || say("ask.passed_on");
    slot("passed_on").hidden = false;
  }
  slot("meter").closest("div").hidden = answer.label === OUTSIDE; // its sureness is of no answer
  slot("meter").value = answer.confidence;
  if (answer.passed_on) slot("meter").low = slot("meter").high = 0.9999; // too little, however much
  slot("sure").textContent = `${sure(answer)} · ${Math.round(answer.confidence * 100)}%`;
  slot("meter").setAttribute("aria-label", `${say("ask.confidence")}: ${sure(answer)}`);
  if (answer.article) {
    slot("article_title").textContent = answer.article.title;
    slot("article_text").textContent = answer.article.text;
    slot("article").hidden = false;
  }
  if (answer.passage) {
    slot("passage_text").textContent = answer.passage;
    slot("passage").hidden = false;
  }
  slot("why").href = `/why/${encodeURIComponent(answer.id)}`;
  react(card, answer);
  answers.prepend(card);
  document.getElementById("topics")?.remove();
  return card;
}

function headline(answer, name) {
  if (!answer.passed_on) return name;
  return answer.label === OUTSIDE ? say("ask.outside") : say("ask.best_guess", { label: name });
}

function sure(answer) {
  if (answer.passed_on) return say("ask.sure_passed");
  if (answer.confidence < 0.5) return say("ask.sure_low");
  return say(answer.confidence < 0.8 ? "ask.sure_middle" : "ask.sure_high");
}

function react(card, answer) {
  count += 1;
  const number = count;
  let sent = 0;
  const send = (kind, more) => {
    sent += 1;
    const key = `${episode}-${number}-${sent}`;
    return post("/v1/react", { prediction: answer.id, kind, episode, key, ...more });
  };
  panels(card);
  rating(card, send);
  correction(card, answer, send);
  comment(card, send);
  flag(card, send, number);
}

function rating(card, send) {
  const thumbs = [...card.querySelectorAll("[data-rate]")];
  for (const thumb of thumbs) {
    thumb.addEventListener("click", () =>
      during(card, async () => {
        await send("rating", { value: thumb.dataset.rate });
        for (const each of thumbs) each.setAttribute("aria-pressed", String(each === thumb));
        tell(card, say("ask.rated"));
        if (thumb.dataset.rate === "down") open(card, "correct");
      }),
    );
  }
}

function panel(card, name, action) {
  const form = card.querySelector(`[data-panel="${name}"]`);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    during(card, async () => {
      if (await action(form, event.submitter)) {
        form.reset();
        open(card, null);
        card.querySelector(`[data-open="${name}"]`).focus();
      }
    });
  });
  return form;
}

function correction(card, answer, send) {
  const field = valueField(card.querySelector("[data-panel=correct]"));
  field.start(answer.passed_on ? "" : answer.output);
  panel(card, "correct", async (form, button) => {
    const value = field.value();
    if (!value) {
      unfit(card, field.input, say(field.empty));
      return false;
    }
    const consent = button?.value ?? "training";
    const kind = value === (answer.label || answer.output) ? "confirmation" : "correction";
    await send(kind, { value, consent });
    tell(card, say(consent === "training" ? "correct.learnt" : "correct.kept"));
    return true;
  });
}

function comment(card, send) {
  panel(card, "comment", async (form) => {
    const text = form.elements.comment.value.trim();
    if (!text) {
      unfit(card, form.elements.comment, say("comment.empty"));
      return false;
    }
    await send("comment", { comment: text });
    tell(card, say("sent"));
    return true;
  });
}

function flag(card, send, number) {
  const form = panel(card, "flag", async (fields) => {
    const value = fields.querySelector("input:checked").value;
    const stored = await send("flag", { value, comment: fields.elements.comment.value.trim() });
    const address = `/cases/${stored.case}?feedback=${encodeURIComponent(stored.id)}`;
    const link = stored.case ? [say("flag.follow"), address] : null;
    tell(card, say("flag.opened"), { link });
    return true;
  });
  for (const radio of form.querySelectorAll("[type=radio]")) radio.name = `kind-${number}`;
}
