// Bars with names, on a fixed axis. bars: [{name, value, low, high, colour}]; low and high are whiskers.
// guess: {name, value} marks what the reader expects of a bar. ghost: {name, bars}, outlines of the run before.

const { INSET, esc, ink, words, mark, entry } = chart;
const DEFAULTS = {
  bars: [], guess: null, ghost: null, title: "", xlabel: "", ylabel: "", ylim: [0, 1], unit: "percent", yscale: "linear", height: 300, caption: "", hint: "",
};
const KEYS = Object.keys(DEFAULTS);
const WIDEST = 64; // pixels of a bar
const NARROW = 36; // pixels for a bar and its gap: the axis has the unit, the numbers go without it

function bar(b, k, state, s, size) {
  const [x, top, floor] = [INSET.left + (k + 0.5) * size, s.y(b.value ?? state.ylim[0]), s.y(Math.max(state.ylim[0], Math.min(0, state.ylim[1])))];
  const half = Math.min(WIDEST, size * 0.7) / 2;
  const whisker = b.low === undefined || b.low === null ? "" :
    `<path class="lk-whisker" d="M${x} ${s.y(b.low)}V${s.y(b.high)}M${x - 5} ${s.y(b.low)}h10M${x - 5} ${s.y(b.high)}h10"/>`;
  return `<rect class="lk-block" ${ink(b.colour)} data-name="${esc(b.name)}" x="${x - half}" width="${2 * half}" y="${Math.min(top, floor)}" height="${Math.abs(floor - top)}"/>` +
    outline(b, x - half, 2 * half, floor, state, s) + whisker +
    `<text class="lk-word" x="${x}" y="${Math.min(top, floor) - 6 - (b.high > b.value ? top - s.y(b.high) : 0)}" text-anchor="middle">${size < NARROW ? words(b.value, state.unit).replace("%", "") : words(b.value, state.unit)}</text>` +
    `<text class="lk-tick" text-anchor="middle">${lines(b.name, size).map((line, n) => `<tspan x="${x}" y="${s.bottom + 15 + LINE * n}">${esc(line)}</tspan>`).join("")}</text>`;
}

// What the reader expects of a bar: a group of its own, which is there before the bars.
function guessed(state, s, size) {
  const k = state.bars.findIndex((b) => b.name === state.guess?.name);
  return k < 0 ? "" : mark("#E69F00", "star", INSET.left + (k + 0.5) * size, s.y(state.guess.value));
}

const WIDE = 6.4; // pixels of a letter
const LINE = 12; // pixels from one line of a name to the next

// Where the same bar ended in the run before.
function outline({ name }, x, width, floor, { ghost }, s) {
  const value = ghost?.bars.find((b) => b.name === name)?.value ?? null;
  if (value === null) return "";
  return `<rect class="lk-outline" x="${x}" width="${width}" y="${Math.min(s.y(value), floor)}" height="${Math.abs(floor - s.y(value))}"/>`;
}

// A name in lines that fit below its bar, broken between words.
function lines(name, size) {
  return String(name).split(" ").reduce((done, word) => {
    const longer = `${done.at(-1)} ${word}`;
    return done.length && longer.length * WIDE <= size ? [...done.slice(0, -1), longer] : [...done, word];
  }, []);
}

function draw(state, part) {
  const width = chart.dress(state, part, alt.named(state, `${state.ylabel}: ${alt.bars(state)}`));
  const wide = chart.scales({ ...state, xlim: [0, 1] }, width);
  const size = (wide.right - INSET.left) / Math.max(1, state.bars.length);
  const longest = Math.max(2, ...state.bars.map((b) => lines(b.name, size).length));
  const s = chart.scales({ ...state, xlim: [0, 1] }, width, LINE * (longest - 2)); // below is room for two lines
  part("still").innerHTML = chart.axes({ ...state, xlim: null }, s);
  part("moving").innerHTML = state.bars.map((b, k) => bar(b, k, state, s, size)).join("");
  part("guessed").innerHTML = guessed(state, s, size);
  part("legend").innerHTML = state.guess ? entry(mark("#E69F00", "star", 16, 0), "your guess", words(state.guess.value, state.unit)) : "";
  part("was").innerHTML = beside.was(state, '<rect class="lk-outline" x="3" y="-5" width="18" height="10"/>');
  part("hint").textContent = state.bars.length ? "" : state.hint;
  part("hidden").innerHTML = `<table><caption>${esc(state.title)}</caption>${state.bars.map((b) =>
    `<tr><th scope="row">${esc(b.name)}</th><td>${words(b.value, state.unit)}</td></tr>`).join("")}</table>`;
}

function said({ bars, unit }, k) {
  const b = bars[k];
  if (!b) return "";
  const whisker = b.low === undefined || b.low === null ? "" : ` (${words(b.low, unit)} to ${words(b.high, unit)})`;
  return `${b.name}: ${words(b.value, unit)}${whisker}`;
}

// A frame around the bar that is read.
function ring(part, k) {
  const block = part("moving").querySelectorAll(".lk-block")[k];
  const at = (name) => Number(block.getAttribute(name));
  part("hover").innerHTML = block ? `<rect class="lk-ring" x="${at("x") - 3}" y="${at("y") - 3}" width="${at("width") + 6}" height="${at("height") + 6}" rx="3"/>` : "";
}

function render({ model, el }) {
  const part = chart.frame(el, "bars");
  const state = () => ({ ...DEFAULTS, ...chart.read(model, KEYS) });
  const reader = walk.make(part("plot").firstElementChild, {
    live: part("message"),
    shape: () => ({ rows: 1, columns: state().bars.length }),
    show: (at) => ring(part, at),
    say: (at) => said(state(), at),
  });
  return chart.follow(model, KEYS, part, () => {
    draw(state(), part);
    ring(part, reader.at);
  });
}

export default { render, DEFAULTS };
