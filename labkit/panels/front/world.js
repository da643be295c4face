// Two classes of points in the plane, what a network believes of it, and labels that the reader turns over: a click or
// a drag over points, or arrow keys and the space bar. `marks` are the positions of the points that the reader has
// turned over; `given` are the labels before that.
//
// declared: points [[x, y]], truth (a digit per point), classes [{name, colour, marker}], xlim, ylim, columns, rows of the
// grid, training (what is trained without a kernel, see train.js). shown: given, and at the cursor epoch, grid, believed, new.

const { esc, ink, MARKS, entry } = chart;
const DEFAULTS = {
  points: [], truth: "", classes: [], xlim: [0, 1], ylim: [0, 1], columns: 2, rows: 2, training: {}, title: "", height: 400, hint: "",
  given: "", epoch: null, grid: "", believed: "", new: null, marks: [], selected: -1, lit: -1,
};
const KEYS = Object.keys(DEFAULTS).filter((key) => key !== "lit"); // the card follows it, the picture does not
const REACH = 16; // pixels from the pointer at which a point is meant
const PACE = 16; // milliseconds between two epochs of a training in this page
const LEARNT = "#D55E00";
const RAYS = Array.from({ length: 24 }, (_, k) => {
  const [radius, turn] = [k % 2 ? 10.5 : 16, (k * Math.PI) / 12];
  return `${(radius * Math.cos(turn)).toFixed(1)} ${(radius * Math.sin(turn)).toFixed(1)}`;
});
const BURST = `<path class="lk-burst" ${ink(LEARNT)} d="M${RAYS.join("L")}Z"/>`;
const WRONG = '<circle class="lk-wrong" r="9.5"/>';
const ARROWS = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

const shape = ({ colour, marker }, size = 1.5) => `<path class="lk-mark" ${ink(colour)} d="${MARKS[marker]}" transform="scale(${size})"/>`;
const percent = (share) => `${Math.round(100 * share)}%`;
const both = (one, other) => [...new Set([...one, ...other])].filter((k) => one.includes(k) !== other.includes(k)).sort((a, b) => a - b);

// What is drawn, from the traits: labels after the flips, and the fate of every point.
function read(state, touched = []) {
  const marks = both(state.marks, touched);
  const given = contour.flipped(state.given || state.truth, marks);
  const fates = contour.fates(given, state.truth, state.believed);
  const count = (test) => fates.filter(test).length;
  return { marks, fates, wrong: count((f) => f.wrong), learnt: count((f) => f.learnt) };
}

// The picture in a sentence or two.
function sentence(state, { marks, wrong, learnt }) {
  const flips = marks.length ? ` You turned ${marks.length} over.` : "";
  const labels = `${wrong} of ${state.points.length} labels ${wrong === 1 ? "is" : "are"} wrong.${flips}`;
  if (state.epoch === null) return `${labels} ${state.hint}`.trim();
  const when = state.epoch ? `After epoch ${state.epoch}` : "Before the first step";
  return `${labels} ${when} the network has learnt ${learnt} of them by heart and classifies ${percent(state.new)} of new points correctly.`;
}

const single = (state, c) => state.classes[c].name.replace(/s$/, "");

// What is known of a point, line by line, for the card beside it; the first is its name.
function told(state, k) {
  const { label, wrong } = read(state).fates[k];
  const believed = state.believed ? Number(state.believed[k]) : null;
  const whose = believed === label ? "the given label" : "the true label";
  return [
    `point ${k + 1}`,
    wrong ? `given ${single(state, label)}, true ${single(state, state.truth[k])}` : `given ${single(state, label)}, which is right`,
    believed === null ? "" : `after epoch ${state.epoch} the network says ${single(state, believed)}${wrong || believed === label ? `, ${whose}` : ", which is wrong"}`,
  ].filter(Boolean);
}

function said(state, { fates }, k) {
  if (!fates[k]) return "";
  const { label, wrong, learnt } = fates[k];
  const name = (c) => single(state, c);
  const truth = wrong ? `in truth ${name(state.truth[k])}; ${learnt ? "learnt by heart" : "not learnt by heart"}` : "which is right";
  return `point ${k + 1}: given ${name(label)}, ${truth}`;
}

function scale(state, width) {
  const span = ([low, high]) => high - low;
  const ratio = span(state.ylim) / span(state.xlim);
  const height = Math.min(state.height, Math.round(width * ratio));
  const wide = Math.min(width, Math.round(height / ratio));
  const x = (v) => ((v - state.xlim[0]) / span(state.xlim)) * wide;
  const y = (v) => height - ((v - state.ylim[0]) / span(state.ylim)) * height;
  return { x, y, width: wide, height };
}

function land(state, s) {
  const frame = `<rect class="lk-frame" width="${s.width}" height="${s.height}"/>`;
  if (!state.grid) return frame;
  const column = (c) => (c * s.width) / (state.columns - 1);
  const row = (r) => s.height - (r * s.height) / (state.rows - 1);
  const { inside, outside, edge } = contour.paths(state.grid, state.columns, column, row);
  const ground = ({ colour }, d) => `<path class="lk-land" ${ink(colour)} d="${d}"/>`;
  return `${ground(state.classes[0], outside)}${ground(state.classes[1], inside)}<path class="lk-edge" d="${edge}"/>${frame}`;
}

function dots(state, { fates }, s) {
  return state.points.map(([x, y], k) => {
    const { label, wrong, learnt } = fates[k];
    return `<g data-point="${k}" data-wrong="${+wrong}" data-learnt="${+learnt}" transform="translate(${s.x(x).toFixed(1)} ${s.y(y).toFixed(1)})">` +
      `${learnt ? BURST : wrong ? WRONG : ""}${shape(state.classes[label])}</g>`;
  }).join("");
}

function legend(state, seen) {
  const classes = state.classes.map((c, k) => entry(shape(c, 1.2).replace("scale", "translate(16 0) scale"), c.name, seen.fates.filter((f) => f.label === k).length));
  const swatch = (drawn) => `<g transform="translate(16 0) scale(.5)">${drawn}</g>`;
  return classes.join("") + entry(swatch(WRONG), "wrong label", seen.wrong) + entry(swatch(BURST), "wrong label learnt by heart", seen.learnt) +
    entry('<path class="lk-edge" d="M2 0H30"/>', "boundary of the network", "") +
    entry("", "new points classified correctly", state.new === null ? "–" : percent(state.new));
}

function draw(state, part, touched) {
  const seen = read(state, touched);
  const s = scale(state, chart.wide(part));
  const svg = part("plot").firstElementChild;
  svg.setAttribute("width", s.width);
  svg.setAttribute("height", s.height);
  svg.setAttribute("aria-label", `${state.title}. ${sentence(state, seen)} Arrow keys go from point to point, the space bar turns a label over.`);
  part("title").textContent = state.title;
  part("caption").textContent = sentence(state, seen);
  part("moving").innerHTML = land(state, s) + dots(state, seen, s);
  part("legend").innerHTML = legend(state, seen);
  part("back").hidden = !seen.marks.length;
  part("back").textContent = `Turn my ${seen.marks.length === 1 ? "flip" : `${seen.marks.length} flips`} back`;
  ring(state, part, s, state.selected, touched);
  return s;
}

function ring(state, part, s, k, touched) {
  const point = state.points[k];
  part("hover").innerHTML = point ? `<circle class="lk-ring" cx="${s.x(point[0])}" cy="${s.y(point[1])}" r="14"/>` : "";
  part("message").textContent = said(state, read(state, touched), k);
}

function nearest(state, s, px, py) {
  let [best, least] = [-1, REACH ** 2];
  state.points.forEach(([x, y], k) => {
    const away = (s.x(x) - px) ** 2 + (s.y(y) - py) ** 2;
    if (away < least) [best, least] = [k, away];
  });
  return best;
}

// Flips by the pointer: a press begins them, every point that is passed turns over once, and the release hands them over.
function pointers(svg, { state, under, show, flip, light }) {
  let touched = null;
  let left = true; // the point that was turned over last? Until then no card hides how the boundary bends round it
  const touch = (event) => {
    const k = under(event);
    if (k >= 0 && !touched.includes(k)) touched.push(k);
    show(touched, k);
  };
  const end = (kept) => {
    const flips = touched ?? [];
    touched = null;
    if (kept && flips.length) flip(flips);
    else show([], state().selected);
  };
  svg.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    touched = [];
    left = false;
    light(-1);
    svg.setPointerCapture(event.pointerId);
    touch(event);
  });
  svg.addEventListener("pointermove", (event) => {
    if (touched) return touch(event);
    const k = under(event);
    left ||= k < 0;
    if (left) light(k);
    show([], k);
  });
  svg.addEventListener("pointerup", () => end(true));
  svg.addEventListener("pointercancel", () => end(false)); // the page scrolls
  svg.addEventListener("pointerleave", () => {
    left = true;
    light(-1);
    if (!touched) show([], state().selected);
  });
}

function keys(svg, { state, choose, flip, light }) {
  svg.addEventListener("keydown", (event) => {
    const { points, selected } = state();
    const arrow = ARROWS[event.key];
    if (!points.length || !(arrow || event.key === " " || event.key === "Enter")) return;
    event.preventDefault();
    if (selected < 0) choose(0);
    else if (arrow) choose(contour.neighbour(points, selected, arrow));
    else { light(-1); flip([selected]); }
  });
  svg.addEventListener("focus", () => { if (svg.matches(":focus-visible")) choose(Math.max(state().selected, 0)); });
}

function render({ model, el }) {
  const part = chart.frame(el, "world");
  const svg = part("plot").firstElementChild;
  svg.setAttribute("role", "application");
  svg.setAttribute("tabindex", "0");
  part("legend").insertAdjacentHTML("afterend", '<p class="lk-help">Click a point, or drag over some, to turn labels over.</p><button type="button" class="lk-back" hidden></button>');
  const side = document.createElement("div");
  side.className = "lk-side";
  side.append(part("legend"), part("help"), part("back"));
  part("body").append(side);
  let s = null;
  const state = () => ({ ...DEFAULTS, ...chart.read(model, KEYS) });
  const flip = (flips) => model.set("marks", both(state().marks, flips));
  const show = (touched, k) => {
    if (touched.length) s = draw(state(), part, touched);
    ring(state(), part, s, k, touched);
  };
  const under = (event) => {
    const box = svg.getBoundingClientRect();
    return nearest(state(), s, event.clientX - box.left, event.clientY - box.top);
  };
  const light = (k) => { if (k !== model.get("lit")) model.set("lit", k); };
  const choose = (k) => { model.set("selected", k); light(k); };
  pointers(svg, { state, under, show, flip, light });
  keys(svg, { state, flip, choose, light });
  svg.addEventListener("blur", () => light(-1));
  part("back").addEventListener("click", () => { model.set("marks", []); svg.focus(); });
  return chart.follow(model, KEYS, part, () => { s = draw(state(), part, []); });
}

// Without a kernel plain SGD learns the reader's flips in this page. show(traits of the part, message), cancelled().
async function alone({ declared, values, marks, shown, show, cancelled }) {
  const { training } = declared;
  if (values.method !== training.method) {
    const words = `Your own flips are learnt here by ${training.method} alone. ${values.method} needs stored runs or a kernel: choose ${training.method}, turn your flips back, or run ./lab.`;
    show({ given: shown.given, hint: words }, words);
    return;
  }
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const given = contour.flipped(shown.given, marks);
  const lists = { epoch: [], grid: [], believed: [], new: [] };
  const hand = () => show({ given: shown.given, per_epoch: { ...lists } }, `${values.method} learns in this page: epoch ${lists.epoch.at(-1)} of ${training.orders.length}`);
  for (const look of train.looks(declared, given, values.width)) {
    Object.entries(look).forEach(([name, value]) => { lists[name] = [...lists[name], value]; });
    if (!still) hand();
    await new Promise((after) => setTimeout(after, still ? 0 : PACE));
    if (cancelled()) return;
  }
  show({ given: shown.given, per_epoch: lists }, `${values.method} has learnt your labels in this page`);
}

export default { render, alone, told, DEFAULTS };
