// Moments in the reader's own zone, which is named, and in the way of his language.

const page = document.documentElement.lang;
const own = navigator.languages.find((one) => one.startsWith(page.slice(0, 2))) ?? page;
const day = { year: "numeric", month: "short", day: "numeric" };
const clock = { hour: "2-digit", minute: "2-digit", timeZoneName: "short" };
const whole = new Intl.DateTimeFormat(own, { ...day, ...clock });
const seconds = new Intl.DateTimeFormat(own, { ...clock, second: "2-digit" });

/** Returns the time of day, to the second. */
export function timeOfDay(moment) {
  return seconds.format(moment);
}

/** Writes every moment below an element anew; without a script they stand there in UTC. */
export function localise(root) {
  for (const time of root.querySelectorAll("time[datetime]")) {
    time.textContent = whole.format(new Date(time.dateTime));
  }
}

localise(document);
