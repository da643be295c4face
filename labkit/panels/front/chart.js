// What the pictures with axes have in common: words for numbers, ticks, scales, axes, the frame around a picture.

const INSET = { left: 46, right: 17, top: 22, bottom: 32 };
const MARKS = {
  circle: "M4 0A4 4 0 1 1-4 0A4 4 0 1 1 4 0Z",
  square: "M-3.5-3.5H3.5V3.5H-3.5Z",
  triangle: "M0-4.8L4.6 3.4H-4.6Z",
  diamond: "M0-5L5 0L0 5L-5 0Z",
  cross: "M-4-2.8L-2.8-4L0-1.2L2.8-4L4-2.8L1.2 0L4 2.8L2.8 4L0 1.2L-2.8 4L-4 2.8L-1.2 0Z",
  star: "M0-7L2 -2.2L7-2L3 1.4L4.4 6.4L0 3.6L-4.4 6.4L-3 1.4L-7-2L-2-2.2Z",
  dash: "M-6-1.2H6V1.2H-6Z",
  none: "",
};
const RAISED = { "-": "⁻", 0: "⁰", 1: "¹", 2: "²", 3: "³", 4: "⁴", 5: "⁵", 6: "⁶", 7: "⁷", 8: "⁸", 9: "⁹" };

const esc = (text) => String(text).replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
const ink = (colour) => `style="--c:${esc(colour || "currentColor")}"`;
const power = (k) => (k === 0 ? "1" : k === 1 ? "10" : `10${[...String(k)].map((c) => RAISED[c]).join("")}`);

// A measured value, as it is read out.
function words(value, unit) {
  if (value === null || value === undefined) return "–";
  if (typeof value === "string") return value;
  if (unit === "percent") return `${Math.round(100 * value)}%`;
  if (unit === "whole" || Number.isInteger(value)) return String(value);
  const size = Math.abs(value);
  return size >= 1000 || size < 0.005 ? value.toExponential(1).replace("e+", "e") : value.toFixed(size < 0.1 ? 3 : 2);
}

function ticks([low, high], wanted) {
  const raw = (high - low) / wanted;
  const ten = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 2.5, 5, 10].map((k) => k * ten).find((s) => s >= raw * 0.999);
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, k) => +((first + k) * step).toPrecision(12));
}

// Whole powers of ten, thinned to about `wanted`.
function decades([low, high], wanted) {
  const [first, last] = [Math.ceil(Math.log10(low) - 1e-9), Math.floor(Math.log10(high) + 1e-9)];
  const step = Math.max(1, Math.ceil((last - first + 1) / wanted));
  return Array.from({ length: Math.floor((last - first) / step) + 1 }, (_, k) => first + k * step)
    .map((k) => ({ at: 10 ** k, text: power(k) }));
}

function marked(limits, kind, unit, wanted) {
  if (kind === "log") return decades(limits, wanted);
  const all = ticks(limits, wanted).map((v) => ({ at: v, text: unit === "percent" ? `${+(100 * v).toPrecision(6)}%` : String(v).replace("-", "−") }));
  return unit === "whole" ? all.filter(({ at }) => Number.isInteger(at) && (at > 0 || limits[0] === 0)) : all;
}

function mapping([a, b], from, to, kind) {
  const f = kind === "log" ? (v) => Math.log10(Math.max(v, 1e-300)) : (v) => v;
  return (v) => from + ((f(v) - f(a)) / (f(b) - f(a))) * (to - from);
}

// Pixels of the data: x(v), y(v), and the frame's edges. What is beyond a fixed axis is drawn at its edge.
function scales(state, width, below = 0) {
  const bottom = state.height - INSET.bottom - below;
  const right = Math.max(width - INSET.right, INSET.left + 80);
  const [mapX, mapY] = [mapping(state.xlim, INSET.left, right, state.xscale), mapping(state.ylim, bottom, INSET.top, state.yscale)];
  const within = (v, low, high) => Math.min(Math.max(v, low), high);
  const x = (v) => within(mapX(v), INSET.left - 4, right + 4);
  const y = (v) => within(mapY(v), INSET.top - 4, bottom + 4);
  return { x, y, right, bottom, width };
}

// Both axes with their ticks; xlim null: names of one's own stand below.
function axes(state, s) {
  const wide = s.right - INSET.left;
  const columns = state.xlim === null ? [] : marked(state.xlim, state.xscale, state.xunit, Math.max(3, Math.round(wide / 80)));
  const rows = marked(state.ylim, state.yscale, state.unit, 5);
  return rows.map(({ at, text }) =>
    `<path class="lk-grid" d="M${INSET.left} ${s.y(at)}H${s.right}"/>` +
    `<text class="lk-tick" x="${INSET.left - 8}" y="${s.y(at)}" dy=".35em" text-anchor="end">${text}</text>`).join("") +
    columns.map(({ at, text }) => `<path class="lk-axis" d="M${s.x(at)} ${s.bottom}v4"/>` +
      `<text class="lk-tick" x="${s.x(at)}" y="${s.bottom + 15}" text-anchor="middle">${text}</text>`).join("") +
    `<path class="lk-axis" d="M${INSET.left} ${s.bottom}H${s.right}"/>` +
    `<text class="lk-label" x="0" y="11">${esc(state.ylabel)}</text>` +
    `<text class="lk-label" x="${s.right}" y="${state.height - 4}" text-anchor="end">${esc(state.xlabel)}</text>`;
}

const mark = (colour, marker, x, y, more = "") =>
  `<path class="lk-mark" ${ink(colour)} d="${MARKS[marker] ?? MARKS.circle}" transform="translate(${x.toFixed(1)} ${y.toFixed(1)})" ${more}/>`;

// A line of a legend: a swatch in a box of 32 x 16 pixels around the origin's left end, a name, a value, more below.
function entry(swatch, name, value, more = "") {
  return `<li><svg width="32" height="16" viewBox="0 -8 32 16" aria-hidden="true">${swatch}</svg>` +
    `<span class="lk-name">${esc(name)}</span><span class="lk-value">${esc(value)}</span>${more}</li>`;
}

// The frame of a picture: title, drawing, legend, caption, and the same in words for screen readers.
function frame(el, kind) {
  el.classList.add("lk-chart", `lk-${kind}`);
  el.innerHTML =
    '<div class="lk-head"><span class="lk-title"></span><span class="lk-was"></span></div>' +
    '<div class="lk-bar" role="progressbar" aria-label="training" aria-valuemin="0" aria-valuemax="100"><i></i></div>' +
    '<div class="lk-body"><div class="lk-plot"><svg class="lk" role="img"><g class="lk-still"></g><g class="lk-moving"></g><g class="lk-guessed"></g><g class="lk-hover"></g></svg>' +
    '<div class="lk-hint"></div><div class="lk-error" role="alert"></div></div><ul class="lk-legend"></ul></div>' +
    '<div class="lk-said"><p class="lk-caption"></p><span class="lk-message" role="status" aria-live="polite"></span></div><div class="lk-hidden"></div>';
  return (name) => el.querySelector(`.lk-${name}`);
}

// The width of the place of a drawing, as `follow` noted it: to read clientWidth makes the browser lay out the page.
const wide = (part) => (part("plot").wide ?? part("plot").clientWidth) || 600;

// Set what all pictures have; -> the width of the drawing in pixels
function dress(state, part, label) {
  const width = wide(part);
  const svg = part("plot").firstElementChild;
  svg.setAttribute("width", width);
  svg.setAttribute("height", state.height);
  svg.setAttribute("aria-label", label);
  part("title").textContent = state.title;
  part("caption").textContent = state.caption ?? "";
  return width;
}

// Draw again when one of the keys changes, once per message, and when the picture's width changes. -> undo
function follow(model, keys, part, again) {
  let asked = false;
  const soon = () => {
    if (asked) return;
    asked = true;
    queueMicrotask(() => { asked = false; again(); });
  };
  const sized = new ResizeObserver(() => {
    part("plot").wide = part("plot").clientWidth;
    soon();
  });
  keys.forEach((key) => model.on(`change:${key}`, soon));
  sized.observe(part("plot"));
  again();
  return () => {
    sized.disconnect();
    keys.forEach((key) => model.off?.(`change:${key}`, soon));
  };
}

const read = (model, keys) => Object.fromEntries(keys.map((key) => [key, model.get(key)]));

export default { INSET, MARKS, esc, ink, words, scales, axes, mark, entry, frame, wide, dress, follow, read };
