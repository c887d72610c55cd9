// The live page: draws itself again every five seconds, while somebody looks at it.

const EVERY_MS = 5000;

async function again() {
  if (document.hidden) return;
  try {
    const response = await fetch(location.href, { headers: { accept: "text/html" } });
    if (response.redirected || response.status === 401) {
      // The key of this tab has ended: nobody asks on with it, and the way in is shown.
      clearInterval(timer);
      location.reload();
      return;
    }
    if (!response.ok) return;
    const page = new DOMParser().parseFromString(await response.text(), "text/html");
    const held = document.activeElement?.closest("main");
    if (!held) document.querySelector("main").replaceChildren(...page.querySelector("main").children);
  } catch {
    // The server is away for a moment; what was drawn stays.
  }
}

const timer = setInterval(again, EVERY_MS);
