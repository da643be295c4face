// Named curves as SVG, in a panel of fixed height with fixed axes.
// The whole state is in the model, and only get, set, on, off and save_changes are used:
// the same file draws in JupyterLab and on a page without a kernel.

const KEYS = ["series", "before", "lines", "bands", "strip", "title", "xlabel", "ylabel", "xlim", "ylim", "unit",
  "height", "caption", "message", "busy", "progress", "error", "hint"];
const INSET = { left: 46, right: 14, top: 26, bottom: 38 };
const STRIP = 30; // height of the row of words below the axis
const MARKS = {
  circle: "M4 0A4 4 0 1 1-4 0A4 4 0 1 1 4 0Z",
  square: "M-3.5-3.5H3.5V3.5H-3.5Z",
  triangle: "M0-4.8L4.6 3.4H-4.6Z",
  diamond: "M0-5L5 0L0 5L-5 0Z",
  none: "",
};

const esc = (text) => String(text).replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
const ink = (colour) => `style="--c:${esc(colour || "currentColor")}"`;

function words(value, unit) {
  if (value === null || value === undefined) return "–";
  return unit === "percent" ? `${Math.round(100 * value)}%` : value.toFixed(2);
}

function ticks([low, high], wanted) {
  const raw = (high - low) / wanted;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 2.5, 5, 10].map((k) => k * power).find((s) => s >= raw * 0.999);
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, k) => +((first + k) * step).toPrecision(12));
}

function scales(state, width) {
  const bottom = state.height - INSET.bottom - (state.strip.cells ? STRIP : 0);
  const right = Math.max(width - INSET.right, INSET.left + 80);
  const map = ([a, b], from, to) => (v) => from + ((v - a) / (b - a)) * (to - from);
  const [x, free] = [map(state.xlim, INSET.left, right), map(state.ylim, bottom, INSET.top)];
  const y = (v) => Math.max(free(v), INSET.top - 4); // what is above the fixed axis is drawn at its edge
  return { x, y, right, bottom, width };
}

function axes(state, s) {
  const wide = s.right - INSET.left;
  const whole = ticks(state.xlim, Math.max(3, Math.round(wide / 80))).filter((v) => v > 0 && Number.isInteger(v));
  const short = (v) => (state.unit === "percent" ? `${Math.round(100 * v)}%` : String(v));
  const rows = ticks(state.ylim, 4).map((v) =>
    `<path class="lk-grid" d="M${INSET.left} ${s.y(v)}H${s.right}"/>` +
    `<text class="lk-tick" x="${INSET.left - 8}" y="${s.y(v)}" dy=".35em" text-anchor="end">${short(v)}</text>`);
  const columns = whole.map((v) =>
    `<path class="lk-axis" d="M${s.x(v)} ${s.bottom}v4"/>` +
    `<text class="lk-tick" x="${s.x(v)}" y="${s.bottom + 17}" text-anchor="middle">${v}</text>`);
  return rows.join("") + columns.join("") +
    `<path class="lk-axis" d="M${INSET.left} ${s.bottom}H${s.right}"/>` +
    `<text class="lk-label" x="0" y="12">${esc(state.ylabel)}</text>` +
    `<text class="lk-label" x="${s.right}" y="${state.height - 6}" text-anchor="end">${esc(state.xlabel)}</text>`;
}

function marks(state, s) {
  const bands = state.bands.map((b) => {
    const there = b.x.map((x, k) => `${s.x(x)} ${s.y(b.high[k])}`);
    const back = b.x.map((x, k) => `${s.x(x)} ${s.y(b.low[k])}`).reverse();
    return `<path class="lk-band" ${ink(b.colour)} d="M${there.concat(back).join("L")}Z"/>`;
  });
  const lines = state.lines.map((l) => `<path class="lk-line" d="M${INSET.left} ${s.y(l.y)}H${s.right}"/>`);
  const before = state.before.map((c) => `<g class="lk-before">${curve(c, s)}</g>`);
  return bands.join("") + before.join("") + lines.join("") + state.series.map((c) => curve(c, s, true)).join("");
}

function points(c, s) {
  return c.x.map((x, k) => [x, c.y[k]]).filter(([, y]) => y !== null).map(([x, y]) => [s.x(x), s.y(y)]);
}

function curve(c, s, marked) {
  const at = points(c, s);
  if (!at.length) return "";
  const every = Math.max(1, Math.ceil(at.length / 8));
  const path = `<path class="lk-path" data-name="${esc(c.name)}" ${ink(c.colour)} stroke-dasharray="${esc(c.dash)}"` +
    ` d="M${at.map(([x, y]) => `${x.toFixed(1)} ${y.toFixed(1)}`).join("L")}"/>`;
  const dots = at.filter((_, k) => (at.length - 1 - k) % every === 0).map(([x, y]) =>
    `<path class="lk-mark" ${ink(c.colour)} d="${MARKS[c.marker] ?? ""}" transform="translate(${x.toFixed(1)} ${y.toFixed(1)})"/>`);
  return path + (marked ? dots.join("") : "");
}

function strip(state, s) {
  if (!state.strip.cells) return "";
  const [top, size] = [state.height - STRIP - 16, s.x(1) - s.x(0)];
  const gap = size > 14 ? 1 : 0;
  return state.strip.cells.map((c) =>
    `<rect class="lk-cell" data-kind="${esc(c.kind)}" x="${s.x(c.x) - size / 2 + gap}" y="${top}" width="${size - 2 * gap}" height="22" rx="${3 * gap}"/>` +
    `<text class="lk-word" x="${s.x(c.x)}" y="${top + 11}" dy=".35em" text-anchor="middle">${esc(c.text)}</text>`).join("");
}

// The epoch that is read out: the one under the pointer, else the newest.
function reading(state, hovered) {
  const all = [...new Set(state.series.flatMap((c) => (c.guess ? [] : c.x)))];
  if (!all.length || state.error) return null;
  if (hovered === null) return Math.max(...all);
  return all.reduce((best, x) => (Math.abs(x - hovered) < Math.abs(best - hovered) ? x : best));
}

function value(c, x) {
  const k = c.x.indexOf(x);
  return k < 0 ? null : c.y[k];
}

function entry(swatch, name, words) {
  return `<li><svg width="32" height="16" viewBox="0 -8 32 16">${swatch}</svg>` +
    `<span class="lk-name">${esc(name)}</span><span class="lk-value">${words}</span></li>`;
}

function legend(state, x) {
  const swatch = (c) => `<path class="lk-path" ${ink(c.colour)} stroke-dasharray="${esc(c.dash)}" d="M0 0H32"/>` +
    `<path class="lk-mark" ${ink(c.colour)} d="${MARKS[c.marker] ?? ""}" transform="translate(16 0)"/>`;
  const cell = (k) => `<rect class="lk-cell" data-kind="${esc(k.kind)}" x="7" y="-7" width="18" height="14" rx="3"/>`;
  return `<li class="lk-now">${x === null ? "&nbsp;" : `${esc(state.xlabel)} ${x}`}</li>` +
    state.series.map((c) => entry(swatch(c), c.name, words(value(c, x), c.unit || state.unit))).join("") +
    state.lines.map((l) => entry('<path class="lk-line" d="M1 0H32"/>', l.name, words(l.y, state.unit))).join("") +
    (state.strip.keys ?? []).map((k) => entry(cell(k), k.name, "")).join("");
}

function table(state) {
  const newest = reading(state, null);
  const rows = state.series.map((c) => `<tr><th scope="row">${esc(c.name)}</th><td>${words(value(c, newest), c.unit || state.unit)}</td></tr>`);
  const said = (state.strip.cells ?? []).map((c) => `${c.x}: ${esc(c.text)}`).join(", ");
  return `<table><caption>${esc(state.title)}, ${esc(state.xlabel)} ${newest ?? "none yet"}</caption>${rows.join("")}</table>` +
    (said ? `<p>${esc(state.strip.name)}: ${said}</p>` : "");
}

function read(model) {
  return Object.fromEntries(KEYS.map((key) => [key, model.get(key)]));
}

function build(el) {
  el.classList.add("lk-curves");
  el.innerHTML =
    '<div class="lk-head"><span class="lk-title"></span><span class="lk-message" role="status" aria-live="polite"></span></div>' +
    '<div class="lk-bar" role="progressbar" aria-label="training" aria-valuemin="0" aria-valuemax="100"><i></i></div>' +
    '<div class="lk-body"><div class="lk-plot"><svg class="lk" role="img"><g class="lk-still"></g><g class="lk-moving"></g><g class="lk-hover"></g></svg>' +
    '<div class="lk-hint"></div><div class="lk-error" role="alert"></div></div><ul class="lk-legend" aria-hidden="true"></ul></div>' +
    '<p class="lk-caption"></p><div class="lk-hidden"></div>';
  return (name) => el.querySelector(`.lk-${name}`);
}

function draw(state, part, hovered) {
  const s = scales(state, part("plot").clientWidth || 600);
  const svg = part("plot").firstElementChild;
  svg.setAttribute("width", s.width);
  svg.setAttribute("height", state.height);
  svg.setAttribute("aria-label", `${state.title}. ${state.ylabel} over ${state.xlabel}. ${state.caption}`);
  part("still").innerHTML = axes(state, s);
  part("moving").innerHTML = state.error ? "" : marks(state, s) + strip(state, s);
  part("title").textContent = state.title;
  part("message").textContent = state.message;
  part("caption").textContent = state.caption;
  part("hint").textContent = state.error || state.series.some((c) => c.x.length) ? "" : state.hint;
  part("error").textContent = state.error;
  part("hidden").innerHTML = table(state);
  bar(part("bar"), state);
  hover(state, part, s, hovered);
}

function bar(el, state) {
  el.classList.toggle("lk-busy", state.busy);
  el.firstElementChild.style.width = `${100 * state.progress}%`;
  el.setAttribute("aria-valuenow", Math.round(100 * state.progress));
}

function hover(state, part, s, hovered) {
  const x = reading(state, hovered);
  part("legend").innerHTML = legend(state, x);
  part("hover").innerHTML = hovered === null || x === null ? "" :
    `<path class="lk-cursor" d="M${s.x(x)} ${INSET.top}V${s.bottom}"/>` +
    state.series.filter((c) => value(c, x) !== null).map((c) =>
      `<circle class="lk-ring" ${ink(c.colour)} cx="${s.x(x)}" cy="${s.y(value(c, x))}" r="6"/>`).join("");
}

function render({ model, el }) {
  const part = build(el);
  let hovered = null; // of this view alone, and gone with the pointer
  let asked = false;
  const again = () => draw(read(model), part, hovered);
  const soon = () => { // several traits change in one message: draw once
    if (asked) return;
    asked = true;
    queueMicrotask(() => { asked = false; again(); });
  };
  const point = (event) => {
    const state = read(model);
    const box = part("plot").getBoundingClientRect();
    const [a, b] = state.xlim;
    const share = (event.clientX - box.left - INSET.left) / (box.width - INSET.left - INSET.right);
    hovered = share < -0.05 || event.type === "pointerleave" ? null : a + share * (b - a);
    hover(state, part, scales(state, box.width), hovered);
  };
  const sized = new ResizeObserver(soon);
  KEYS.forEach((key) => model.on(`change:${key}`, soon));
  part("plot").addEventListener("pointermove", point);
  part("plot").addEventListener("pointerleave", point);
  sized.observe(part("plot"));
  again();
  model.set("alive", true);
  model.save_changes();
  return () => {
    sized.disconnect();
    KEYS.forEach((key) => model.off?.(`change:${key}`, soon));
  };
}

export default { render };
