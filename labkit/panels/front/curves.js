// Named curves as SVG, in a panel of fixed height with fixed axes.
// The whole state is in the model, and only get, set, on, off and save_changes are used:
// the same file draws in JupyterLab and on a page without a kernel.

const { INSET, MARKS, esc, ink, words, entry } = chart;
const DEFAULTS = {
  series: [], before: [], ghost: null, pins: [], lines: [], bands: [], strip: {}, title: "", xlabel: "epoch", ylabel: "", xlim: [0.5, 30.5],
  ylim: [0, 1], unit: "percent", xunit: "whole", xscale: "linear", yscale: "linear", height: 300, caption: "", message: "",
  busy: false, progress: 0, error: "", hint: "", epoch: null, // where the panel's cursor stands
};
const KEYS = Object.keys(DEFAULTS);
const STRIP = 28; // height of the row of words below the axis

function marks(state, s) {
  const bands = state.bands.map((b) => {
    const there = b.x.map((x, k) => `${s.x(x)} ${s.y(b.high[k])}`);
    const back = b.x.map((x, k) => `${s.x(x)} ${s.y(b.low[k])}`).reverse();
    return `<path class="lk-band" ${ink(b.colour)} d="M${there.concat(back).join("L")}Z"/>`;
  });
  const lines = state.lines.map((l) => `<path class="lk-line" d="M${INSET.left} ${s.y(l.y)}H${s.right}"/>`);
  const before = state.before.map((c) => `<g class="lk-before">${curve(c, s)}</g>`);
  const others = beside.paths(state, (c) => curve(c, s), (c) => points(c, s)); // runs beside this one
  return bands.join("") + before.join("") + others + lines.join("") + state.series.filter((c) => !c.guess).map((c) => aged(c, s, state.epoch)).join("");
}

// The reader's guess and the band that was measured: a group of their own, which is there before the curves. high: of a
// band, whose lower edge is y.
function guesses(state, s) {
  const edges = (c) => curve(c, s, true) + (c.high ? curve({ ...c, y: c.high }, s) : "");
  return state.series.filter((c) => c.guess).map((c) => `<g${c.measured ? ' class="lk-measured"' : ""}>${edges(c)}</g>`).join("");
}

function points(c, s) {
  return c.x.map((x, k) => [x, c.y[k]]).filter(([, y]) => y !== null).map(([x, y]) => [s.x(x), s.y(y)]);
}

// A curve whose part after the cursor is pale. A single point, or a guess, has no later part.
function aged(c, s, epoch) {
  if (epoch === null || c.guess || c.x.length < 2) return curve(c, s, true);
  const part = (test) => ({ ...c, x: c.x.filter(test), y: c.y.filter((_, k) => test(c.x[k])) });
  const every = Math.max(1, Math.ceil(points(c, s).length / 8));
  const later = part((x) => x >= epoch);
  return (later.x.length > 1 ? `<g class="lk-later">${curve(later, s, false)}</g>` : "") + curve(part((x) => x <= epoch), s, true, every);
}

function curve(c, s, marked, spaced) {
  const at = points(c, s);
  if (!at.length) return "";
  const every = spaced ?? Math.max(1, Math.ceil(at.length / 8));
  const path = `<path class="lk-path" data-name="${esc(c.name)}" ${ink(c.colour)} stroke-dasharray="${esc(c.dash)}"` +
    ` d="M${at.map(([x, y]) => `${x.toFixed(1)} ${y.toFixed(1)}`).join("L")}"/>`;
  const dots = at.filter((_, k) => (at.length - 1 - k) % every === 0).map(([x, y]) =>
    `<path class="lk-mark" ${ink(c.colour)} d="${MARKS[c.marker] ?? ""}" transform="translate(${x.toFixed(1)} ${y.toFixed(1)})"/>`);
  return path + (marked ? dots.join("") : "");
}

function strip(state, s) {
  if (!state.strip.cells) return "";
  const [top, size] = [state.height - STRIP - 14, s.x(1) - s.x(0)];
  const gap = size > 14 ? 1 : 0;
  return state.strip.cells.map((c) =>
    `<rect class="lk-cell" data-kind="${esc(c.kind)}"${c.x === state.epoch ? ' data-now="1"' : ""} x="${s.x(c.x) - size / 2 + gap}" y="${top}" width="${size - 2 * gap}" height="20" rx="${3 * gap}"/>` +
    `<text class="lk-word" x="${s.x(c.x)}" y="${top + 10}" dy=".35em" text-anchor="middle">${esc(c.text)}</text>`).join("");
}

const measured = (state) => state.series.filter((c) => !c.guess);
const places = (state) => [...new Set(measured(state).flatMap((c) => c.x))].sort((a, b) => a - b);

// The place that is read out: the one under the pointer, else the panel's epoch, else a curve of one point (where the
// reader is), else the newest.
function reading(state, hovered) {
  const all = places(state);
  if (!all.length || state.error) return null;
  const here = measured(state).find((c) => c.x.length === 1);
  if (hovered === null && state.epoch !== null) return state.epoch;
  if (hovered === null) return here && all.length > 1 ? here.x[0] : all.at(-1);
  return all.reduce((best, x) => (Math.abs(x - hovered) < Math.abs(best - hovered) ? x : best));
}

const NEAR = 0.02; // of the axis: curves over other places are read at their nearest one

function value(c, x, [a, b]) {
  const k = c.x.reduce((best, at, i) => (Math.abs(at - x) < Math.abs(c.x[best] - x) ? i : best), 0);
  return c.x.length && Math.abs(c.x[k] - x) <= NEAR * (b - a) ? c.y[k] : null;
}

// What the legend says of a curve at x; a guess and its band have one value each, wherever the pointer is.
function read(c, x, unit, xlim) {
  if (c.said) return c.said;
  if (c.high && x !== null) return [...new Set([c, { ...c, y: c.high }].map((edge) => words(value(edge, x, xlim), unit)))].join("–");
  return c.guess && c.x.length < 3 ? [...new Set(c.y.map((y) => words(y, unit)))].join("–") : words(x === null ? null : value(c, x, xlim), unit);
}

function legend(state, x) {
  const swatch = (c) => `<path class="lk-path" ${ink(c.colour)} stroke-dasharray="${esc(c.dash)}" d="M0 0H32"/>` +
    `<path class="lk-mark" ${ink(c.colour)} d="${MARKS[c.marker] ?? ""}" transform="translate(16 0)"/>`;
  const cell = (k) => `<rect class="lk-cell" data-kind="${esc(k.kind)}" x="7" y="-7" width="18" height="14" rx="3"/>`;
  const at = (c) => read(c, x, c.unit || state.unit, state.xlim);
  return `<li class="lk-now">${x === null ? "&nbsp;" : `${esc(state.xlabel)} ${words(x, state.xunit)}`}</li>` +
    state.series.map((c) => entry(swatch(c), c.name, at(c), beside.others(state, c, at))).join("") + beside.entries(state, at) +
    state.lines.map((l) => entry('<path class="lk-line" d="M1 0H32"/>', l.name, words(l.y, state.unit))).join("") +
    (state.strip.keys ?? []).map((k) => entry(cell(k), k.name, "")).join("");
}

function table(state) {
  const newest = reading(state, null);
  const rows = state.series.map((c) => `<tr><th scope="row">${esc(c.name)}</th><td>${read(c, newest, c.unit || state.unit, state.xlim)}</td></tr>`);
  const said = (state.strip.cells ?? []).map((c) => `${c.x}: ${esc(c.text)}`).join(", ");
  return `<table><caption>${esc(state.title)}, ${esc(state.xlabel)} ${newest === null ? "none yet" : words(newest, state.xunit)}</caption>${rows.join("")}${beside.rows(state, (c) => read(c, newest, c.unit || state.unit, state.xlim))}</table>` +
    (said ? `<p>${esc(state.strip.name)}: ${said}</p>` : "");
}

function draw(state, part, hovered) {
  const width = chart.dress(state, part, alt.named(state, `${state.ylabel} over ${state.xlabel}. ${alt.curves(state)}`));
  const s = scales(state, width);
  part("still").innerHTML = chart.axes(state, s);
  part("moving").innerHTML = state.error ? "" : marks(state, s) + strip(state, s);
  part("guessed").innerHTML = state.error ? "" : guesses(state, s);
  part("message").textContent = state.message;
  part("was").innerHTML = beside.was(state, `<g class="lk-ghost"><path class="lk-path" ${ink("")} d="M0 0H24"/></g>`);
  part("hint").textContent = state.error || state.series.some((c) => c.x.length) ? "" : state.hint;
  part("error").textContent = state.error;
  part("hidden").innerHTML = table(state);
  bar(part("bar"), state);
  hover(state, part, s, hovered);
}

const scales = (state, width) => chart.scales(state, width, state.strip.cells ? STRIP : 0);

function bar(el, state) {
  el.classList.toggle("lk-busy", state.busy);
  el.firstElementChild.style.width = `${100 * state.progress}%`;
  el.setAttribute("aria-valuenow", Math.round(100 * state.progress));
}

function hover(state, part, s, hovered) {
  const x = reading(state, hovered);
  part("legend").innerHTML = legend(state, x);
  part("hover").innerHTML = (hovered ?? state.epoch) === null || x === null ? "" :
    `<path class="lk-cursor" d="M${s.x(x)} ${INSET.top}V${s.bottom}"/>` +
    state.series.filter((c) => value(c, x, state.xlim) !== null).map((c) =>
      `<circle class="lk-ring" ${ink(c.colour)} cx="${s.x(x)}" cy="${s.y(value(c, x, state.xlim))}" r="6"/>`).join("");
}

// A place in words: its x, and the value of every curve there.
function said(state, x) {
  const values = measured(state).map((c) => [c.name, value(c, x, state.xlim), c.unit || state.unit]).filter(([, y]) => y !== null);
  return `${state.xlabel} ${words(x, state.xunit)}: ${values.map(([name, y, unit]) => `${name} ${words(y, unit)}`).join(", ")}`;
}

// The keys that move the reading. read(x): show it at x, or nowhere for null.
function keys(part, state, read) {
  const live = document.createElement("div");
  live.className = "lk-hidden lk-live";
  live.setAttribute("role", "status");
  part("hidden").after(live);
  const shape = () => {
    const all = places(state());
    return { rows: 1, columns: all.length, start: all.indexOf(reading(state(), null)) };
  };
  return walk.make(part("plot").firstElementChild, {
    shape, live,
    show: (at) => read(at === null ? null : places(state())[at] ?? null),
    say: (at) => said(state(), places(state())[at]),
  });
}

// The cursor stands on an axis of epochs; curves over something else only change with it.
const timed = (state) => ({ ...state, epoch: state.xlabel === "epoch" ? state.epoch : null });

function render({ model, el }) {
  const part = chart.frame(el, "curves");
  part("legend").setAttribute("aria-hidden", "true"); // the table of hidden words says the same
  let hovered = null; // of this view alone, and gone with the pointer
  const state = () => timed({ ...DEFAULTS, ...chart.read(model, KEYS) });
  const point = (event) => {
    const now = state();
    const box = part("plot").getBoundingClientRect();
    const share = (event.clientX - box.left - INSET.left) / (box.width - INSET.left - INSET.right);
    const [a, b] = now.xscale === "log" ? now.xlim.map(Math.log10) : now.xlim;
    const at = a + share * (b - a);
    hovered = share < -0.05 || event.type === "pointerleave" ? null : now.xscale === "log" ? 10 ** at : at;
    hover(now, part, scales(now, box.width), hovered);
  };
  keys(part, state, (x) => { hovered = x; hover(state(), part, scales(state(), part("plot").clientWidth), x); });
  part("plot").addEventListener("pointermove", point);
  part("plot").addEventListener("pointerleave", point);
  const undo = chart.follow(model, KEYS, part, () => draw(state(), part, hovered));
  model.set("alive", true);
  model.save_changes();
  return undo;
}

export default { render, DEFAULTS };
