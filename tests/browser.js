// What the browser tests ask a page; `browser` puts it into every page as `seen`.

// A page without a kernel covers its answers until a guess is made. Its reader has skipped all guesses, unless the address
// says "?asks".
if (!location.search.includes("asks")) {
  try {
    for (const name of [...Array.from({ length: 13 }, (_, k) => String(k).padStart(2, "0")), "sandbox"]) {
      localStorage[`labkit.guess.${name}`] ??= JSON.stringify({ value: null, sure: "", why: "", skipped: true });
    }
  } catch { /* a page that may keep nothing */ }
}

window.seen = {
  panel: () => document.querySelector(".lk-panel"),

  // what the pictures of the panel show: their drawings and words, without what the pointer adds, and without the run
  // before, which each view remembers for itself
  picture: () => [...seen.panel().querySelectorAll(".lk-moving, .lk-grid, .lk-row, .lk-part > table, .lk-part > .lk-caption")]
    .map((el) => (el.classList.contains("lk-grid") ? [...el.children].map((tile) => tile.title + tile.dataset.index).join() : alone(el).innerHTML))
    .join("|"),

  // the same without how wide it is: the words, and how high every point stands
  values: () => [...seen.panel().querySelectorAll(".lk-part :not(.lk-still *)")].filter((el) => !el.children.length && !el.closest(".lk-was")).map((el) => el.textContent).join("").replace(/\s/g, "") +
    [...seen.panel().querySelectorAll(".lk-moving")].map((g) => [...alone(g).innerHTML.matchAll(/[\d.]+ ([\d.]+)/g)].map((m) => m[1])).join("|"),

  // what must not move: axes, and the heights of all pictures
  frame: () => [...seen.panel().querySelectorAll(".lk-curves .lk-still, .lk-scatter .lk-still")].map((el) => el.innerHTML).join("|"),
  heights: () => [...seen.panel().querySelectorAll(".lk-part svg.lk")].map((svg) => svg.getAttribute("height")).join(),

  // has every picture the width of its place? One that JupyterLab has not laid out yet, outside the window, has not
  fits: () => [...seen.panel().querySelectorAll(".lk-plot")].every((plot) =>
    plot.firstElementChild.getAttribute("width") === String(plot.clientWidth)),

  // does the picture show what the controls say, or has the panel failed?
  settled: () => seen.panel()?.dataset.settled === "1" || !!seen.failure(),
  heard: () => seen.panel()?.dataset.silent === "0",
  failure: () => seen.panel()?.querySelector(".lk-failure").textContent,
  drawn: () => JSON.parse(seen.panel().dataset.drawn),

  // what the controls say: {name: position}
  controls: () => Object.fromEntries([...seen.panel().querySelectorAll("[data-control]")]
    .filter((el) => el.tagName !== "BUTTON").map((el) => [el.dataset.control, Number(el.value)])),

  // from now on, note in every frame what the panel shows, read again where it changed, and when the pointer is released
  log: () => {
    const log = { frames: [], released: null };
    window.addEventListener("pointerup", () => { log.released = performance.now(); }, { once: true, capture: true });
    let shown = null;
    const changes = new MutationObserver(() => { shown = null; });
    changes.observe(seen.panel(), { subtree: true, childList: true, characterData: true, attributes: true });
    const look = () => {
      shown ??= { picture: seen.picture(), settled: seen.settled() };
      log.frames.push({ ms: performance.now(), ...shown });
      if (seen.noted === log) requestAnimationFrame(look);
      else changes.disconnect();
    };
    seen.noted = log;
    requestAnimationFrame(look);
  },
  logged: () => {
    const { frames, released } = seen.noted;
    seen.noted = null;
    const first = frames[0].picture;
    const when = (test) => (frames.find((f) => f.ms >= released && test(f))?.ms ?? NaN) - released;
    return { changed: when((f) => f.picture !== first), settled: when((f) => f.picture !== first && f.settled) };
  },

  // contrast ratio of every text that the selector finds, as WCAG defines it
  contrast: (wanted) => [...document.querySelectorAll(wanted)].filter((el) => el.textContent.trim()).map((el) => {
    const style = getComputedStyle(el);
    const ink = rgb(el instanceof SVGElement ? style.fill : style.color);
    const [paper, a] = [under(el), ink.a * Number(style.opacity)];
    const [high, low] = [ink.c.map((v, k) => a * v + (1 - a) * paper[k]), paper].map(light).sort((p, q) => q - p);
    return [el.textContent.trim(), (high + 0.05) / (low + 0.05)];
  }),
};

// A copy of an element without the run before.
function alone(el) {
  const copy = el.cloneNode(true);
  copy.querySelectorAll(".lk-ghost, .lk-outline").forEach((ghost) => ghost.remove());
  return copy;
}

function rgb(text) {
  const v = text.match(/[\d.]+/g).map(Number);
  const scale = text.startsWith("color(") ? 255 : 1;
  return { c: v.slice(0, 3).map((k) => k * scale), a: v[3] ?? 1 };
}

function light(c) {
  const linear = c.map((v) => v / 255).map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
  return linear.reduce((sum, v, k) => sum + v * [0.2126, 0.7152, 0.0722][k], 0);
}

function under(el) {
  for (let e = el; e; e = e.parentElement) {
    const { c, a } = rgb(getComputedStyle(e).backgroundColor);
    if (a > 0.99) return c;
  }
  return [255, 255, 255];
}
