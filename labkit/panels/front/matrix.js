// A matrix as coloured cells with their numbers. range: values of the palest and the darkest cell, fixed.

const { esc } = chart;
const DEFAULTS = {
  values: [], rows: [], columns: [], xlabel: "", ylabel: "", range: [0, 1], unit: "percent", palette: "blue", marked: [],
  title: "", height: 320, caption: "", hint: "", written: true,
};
const KEYS = Object.keys(DEFAULTS);
const TOP = 34, BELOW = 2;
const LETTER = 6.2; // pixels
const SMALLEST = 11; // pixels of a number that can be read; smaller ones are not written
const left = ({ rows }) => Math.max(24, 14 + LETTER * Math.max(0, ...rows.map((name) => String(name).length))); // room for rows' names
const INKS = { blue: ["#0072b2", "#0072b2"], diverging: ["#d55e00", "#0072b2"] }; // below and above the middle

function strength(value, { range: [low, high], palette }) {
  const share = Math.min(1, Math.max(0, (value - low) / (high - low)));
  return palette === "diverging" ? 2 * share - 1 : share;
}

function said({ values, rows, columns, xlabel, ylabel, unit }, r, c) {
  return `${ylabel} ${rows[r] ?? r}, ${xlabel} ${columns[c] ?? c}: ${chart.words(values[r]?.[c], unit)}`;
}

function cell(value, r, c, state, place) {
  const { x, y, wide, high } = place(r, c);
  const depth = value === null ? 0 : strength(value, state);
  const marked = state.marked.some(([a, b]) => a === r && b === c);
  const text = value === null ? "" : state.unit === "percent" ? `${Math.round(100 * value)}` : chart.words(value, state.unit);
  const size = Math.min(12, wide / 2.4, high / 1.4);
  const written = state.written && size >= SMALLEST && !(state.unit === "percent" && Math.abs(value) < 0.005);
  return `<rect class="lk-entry" x="${x}" y="${y}" width="${wide - 1}" height="${high - 1}" fill="${INKS[state.palette][depth < 0 ? 0 : 1]}" fill-opacity="${Math.abs(depth).toFixed(3)}"${marked ? ' data-marked="1"' : ""}>` +
    `<title>${esc(said(state, r, c))}</title></rect>` +
    (written ? `<text class="lk-number" style="font-size:${size}px" data-dark="${Math.abs(depth) > 0.85 ? 1 : 0}" x="${x + wide / 2}" y="${y + high / 2}" dy=".35em" text-anchor="middle">${text}</text>` : "");
}

function names(state, place, width) {
  const [rows, columns] = [state.values.length, state.values[0]?.length ?? 0];
  const every = (count, room) => Math.max(1, Math.ceil(count / Math.max(1, room)));
  const [stepR, stepC] = [every(rows, state.height / 16), every(columns, width / 30)];
  return state.rows.slice(0, rows).map((name, r) => (r % stepR ? "" :
    `<text class="lk-tick" x="${left(state) - 8}" y="${place(r, 0).y + place(r, 0).high / 2}" dy=".35em" text-anchor="end">${esc(name)}</text>`)).join("") +
    state.columns.slice(0, columns).map((name, c) => (c % stepC ? "" :
      `<text class="lk-tick" x="${place(0, c).x + place(0, c).wide / 2}" y="${TOP - 6}" text-anchor="middle">${esc(name)}</text>`)).join("") +
    `<text class="lk-label" x="0" y="11">${esc(state.ylabel)} ↓</text>` +
    `<text class="lk-label" x="${width - 2}" y="11" text-anchor="end">${esc(state.xlabel)} →</text>`;
}

function table(state) {
  const head = state.columns.map((name) => `<th scope="col">${esc(name)}</th>`).join("");
  const rows = state.values.map((row, r) => `<tr><th scope="row">${esc(state.rows[r] ?? r)}</th>${row.map((v) => `<td>${chart.words(v, state.unit)}</td>`).join("")}</tr>`);
  return `<table><caption>${esc(state.title)}</caption><tr><td></td>${head}</tr>${rows.join("")}</table>`;
}

function draw(state, part) {
  const width = chart.dress(state, part, alt.named(state, `Rows: ${state.ylabel}, columns: ${state.xlabel}. ${alt.matrix(state)}`));
  const [rows, columns] = [Math.max(1, state.values.length), Math.max(1, state.values[0]?.length ?? 1)];
  const [wide, high] = [(width - left(state) - 4) / columns, (state.height - TOP - BELOW) / rows];
  const place = (r, c) => ({ x: left(state) + c * wide, y: TOP + r * high, wide, high });
  part("still").innerHTML = state.values.length ? names(state, place, width) : "";
  part("moving").innerHTML = state.values.map((row, r) => row.map((v, c) => cell(v, r, c, state, place)).join("")).join("");
  part("hint").textContent = state.values.length ? "" : state.hint;
  part("hidden").innerHTML = rows * columns <= 150 ? table(state) : "";
}

// A frame around the cell that is read.
function ring(part, k) {
  const entry = part("moving").querySelectorAll(".lk-entry")[k];
  const at = (name) => Number(entry.getAttribute(name));
  part("hover").innerHTML = entry ? `<rect class="lk-ring" x="${at("x")}" y="${at("y")}" width="${at("width")}" height="${at("height")}"/>` : "";
}

function render({ model, el }) {
  const part = chart.frame(el, "matrix");
  const state = () => ({ ...DEFAULTS, ...chart.read(model, KEYS) });
  const shape = () => ({ rows: state().values.length, columns: state().values[0]?.length ?? 0 });
  const reader = walk.make(part("plot").firstElementChild, {
    shape,
    live: part("message"),
    show: (at) => ring(part, at),
    say: (at) => said(state(), Math.floor(at / shape().columns), at % shape().columns),
  });
  return chart.follow(model, KEYS, part, () => {
    draw(state(), part);
    ring(part, reader.at);
  });
}

export default { render, DEFAULTS };
