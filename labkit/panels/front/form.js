// The question on empty axes: a handle to drag, a number that agrees with it, how sure, why; then "keep" or "skip".
// It knows no answer. Nothing but `ready` hears of the guess: ready({value, sure, why, skipped}).

const { INSET, esc, words } = chart;
const HEIGHT = 210; // pixels of the axes
const STEPS = { ArrowUp: 1, ArrowDown: -1, PageUp: 10, PageDown: -10 };
const BESIDE = { ArrowRight: 1, ArrowLeft: -1 };

// Where a value is on its axis, and the value of a place on it. along "x": the horizontal one.
function axis(question, declared) {
  const state = { ...curves.DEFAULTS, ...declared, height: HEIGHT, series: [] };
  const bar = typeof question.x === "string";
  const flat = question.along === "x";
  const [low, high] = flat ? [Math.max(state.xlim[0], 0), state.xlim[1]] : state.ylim;
  const log = (flat ? state.xscale : state.yscale) === "log";
  const [a, b] = log ? [Math.log10(low), Math.log10(high)] : [low, high];
  const step = question.unit === "percent" ? 0.01 : question.unit === "whole" ? 1 : (high - low) / 100;
  const rounded = (value) => +(Math.round(value / step) * step).toPrecision(6);
  return {
    state: bar ? { ...state, xlim: [-1, 1] } : state, bar, flat, low, high, step,
    place: (k) => (bar ? 0 : guess.isCurve(question) ? question.x[k] : question.x),
    valueAt: (share) => { const v = a + Math.min(1, Math.max(0, share)) * (b - a); return rounded(log ? 10 ** v : v); },
    within: (value) => Math.min(high, Math.max(low, rounded(value))),
  };
}

// The number field of a value: in percent, in words of the question's unit.
const toField = (value, unit) => (value === null ? "" : String(+(unit === "percent" ? 100 * value : value).toPrecision(6)));
const fromField = (text, unit) => (text.trim() === "" || !Number.isFinite(Number(text)) ? null : unit === "percent" ? Number(text) / 100 : Number(text));

function radios(name, legend, options, group) {
  const all = options.map((o) => `<label><input type="radio" name="${name}-${group}" value="${esc(o)}"> ${esc(o)}</label>`).join("");
  return `<fieldset class="lk-radios" data-name="${name}"><legend>${legend}</legend>${all}</fieldset>`;
}

const chosen = (form, name) => form.querySelector(`[data-name="${name}"] input:checked`)?.value ?? "";

function fields(question) {
  if (question.unit === "choice") return "";
  const percent = question.unit === "percent";
  const limits = percent ? 'min="0" max="100"' : "";
  const number = `<input class="lk-number-of" type="number" step="any" ${limits}>${percent ? " %" : ""}`;
  if (!guess.isCurve(question)) return `<label>Your guess: ${number}</label>`;
  const [first, last] = [question.x[0], question.x.at(-1)];
  return `<label>At epoch <input class="lk-place-of" type="number" min="${first}" max="${last}" step="1" value="${first}"></label> <label>your guess is ${number}</label>`;
}

let forms = 0; // on this page, so that each has radio buttons of its own

function html(question, controls, declared) {
  forms += 1;
  const where = guess.setting(question, controls);
  const title = declared?.title ? `<p class="lk-asked"><b>${esc(declared.title)}</b>${where ? `, ${esc(where)}` : ""}</p>` : where ? `<p class="lk-asked">${esc(where)}</p>` : "";
  return `<p class="lk-question"><b>Guess first.</b> ${esc(question.words)}</p>` +
    (question.unit === "choice" ? radios("value", "Your guess", question.options, forms) : `${title}<div class="lk-axes"></div>`) +
    `<div class="lk-numbers">${fields(question)}<span class="lk-how"></span></div>` +
    radios("sure", "How sure are you?", question.sure ?? [], forms) +
    '<label class="lk-why">Why? One sentence, if you like: <input type="text" maxlength="300" name="why" autocomplete="off"></label>' +
    '<div class="lk-ends"><button type="submit" class="lk-keep">Keep my guess</button> <button type="button" class="lk-skip">Skip</button><span class="lk-missing" role="alert"></span></div>';
}

// Make the form in an element. model: {question, controls, parts} by get. -> {undo}
function make(el, model, ready) {
  const question = model.get("question");
  const declared = model.get("parts").find((part) => part.name === question.part)?.traits;
  const form = document.createElement("form");
  form.className = "lk-ask";
  form.noValidate = true;
  form.innerHTML = html(question, model.get("controls"), declared);
  el.replaceChildren(form);
  const value = question.unit === "choice" ? choice(form) : numbers(form, question, declared);
  const sent = (skipped) => ({ value: skipped ? null : value.get(), sure: skipped ? "" : chosen(form, "sure"), why: skipped ? "" : form.elements.why.value.trim(), skipped });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (guess.read(question, sent(false))) ready(sent(false));
    else {
      form.querySelector(".lk-missing").textContent = value.missing;
      value.focus();
    }
  });
  form.querySelector(".lk-skip").addEventListener("click", () => ready(sent(true)));
  return value.undo;
}

function choice(form) {
  return { get: () => chosen(form, "value") || null, missing: "Choose one first, or skip.", focus: () => form.querySelector("input").focus(), undo() {} };
}

// The handle and the fields of a number or of a curve; they always agree.
function numbers(form, question, declared) {
  const curve = guess.isCurve(question);
  const own = { values: Array(curve ? question.x.length : 1).fill(null), k: 0 };
  const number = form.querySelector(".lk-number-of");
  const place = form.querySelector(".lk-place-of");
  const whole = () => (curve ? guess.whole(own.values, question.x) : own.values);
  const plot = declared ? axes(form, question, declared, own, whole, () => show()) : null;
  const show = (typed) => {
    if (typed !== number) number.value = toField(whole()[own.k], question.unit);
    if (place && typed !== place) place.value = question.x[own.k];
    form.querySelector(".lk-missing").textContent = "";
    plot?.draw();
  };
  number.addEventListener("input", () => { own.values[own.k] = fromField(number.value, question.unit); show(number); });
  place?.addEventListener("input", () => { own.k = Math.max(0, question.x.indexOf(Number(place.value))); show(place); });
  form.querySelector(".lk-how").textContent = curve ? "Draw the curve with the pointer, or move its handle by the arrow keys." : plot ? "Drag the handle, use the arrow keys, or type." : "";
  show();
  const range = question.unit === "percent" ? " between 0 and 100 %" : "";
  return { get: () => (curve ? whole() : own.values[0]), missing: curve ? "Draw a curve first, or skip." : `Say a number${range} first, or skip.`, focus: () => number.focus(), undo: () => plot?.undo() };
}

// The empty axes with a handle. own {values, k}: what is guessed so far, null where nothing is; k is where the handle is.
function axes(form, question, declared, own, whole, moved) {
  const place = form.querySelector(".lk-axes");
  const curve = guess.isCurve(question);
  const at = axis(question, declared);
  place.classList.add("lk-chart");
  place.innerHTML = `<svg class="lk" height="${HEIGHT}" role="group" aria-label="empty axes"><g class="lk-still"></g><g class="lk-moving"></g>` +
    `<g class="lk-handle" tabindex="0" role="slider" aria-orientation="${at.flat ? "horizontal" : "vertical"}" aria-valuemin="${at.low}" aria-valuemax="${at.high}">` +
    '<circle class="lk-reach" r="20"/><circle class="lk-grip" r="8"/><path class="lk-arrows" d="M-4-13L0-18L4-13M-4 13L0 18L4 13"/></g></svg>';
  if (at.flat) place.querySelector(".lk-arrows").setAttribute("transform", "rotate(90)");
  const [svg, handle] = [place.firstElementChild, place.querySelector(".lk-handle")];
  svg.classList.toggle("lk-drawn", curve);
  const scale = () => chart.scales(at.state, place.clientWidth || 600);
  const draw = () => {
    const s = scale();
    const values = whole();
    svg.setAttribute("width", s.width);
    place.querySelector(".lk-still").innerHTML = chart.axes(at.bar ? { ...at.state, xlim: null } : at.state, s) + (curve || at.flat ? "" : stem(question, at, s));
    place.querySelector(".lk-moving").innerHTML = curve ? path(question, values, s) : "";
    const value = values[own.k];
    const there = value ?? at.valueAt(0.5);
    const [x, y] = at.flat ? [s.x(there), s.bottom] : [s.x(at.place(own.k)), s.y(there)];
    handle.setAttribute("transform", `translate(${x.toFixed(1)} ${y.toFixed(1)})`);
    handle.dataset.set = value === null ? "0" : "1";
    handle.setAttribute("aria-label", curve ? `your guess at epoch ${question.x[own.k]}` : "your guess");
    handle.setAttribute("aria-valuenow", value ?? at.valueAt(0.5));
    handle.setAttribute("aria-valuetext", value === null ? "no guess yet" : words(value, question.unit));
  };
  const put = (k, value) => { own.values[k] = value; own.k = k; moved(); };
  drag(svg, handle, { question, curve, own, at, scale, put, moved });
  handle.addEventListener("keydown", (event) => {
    const now = whole()[own.k] ?? at.valueAt(0.5);
    if (event.key in STEPS) put(own.k, at.within(now + STEPS[event.key] * at.step));
    else if (curve && event.key in BESIDE) { own.k = Math.min(question.x.length - 1, Math.max(0, own.k + BESIDE[event.key])); moved(); }
    else if (!curve && event.key in BESIDE) put(0, at.within(now + BESIDE[event.key] * at.step));
    else if (event.key === "Home" || event.key === "End") put(own.k, event.key === "Home" ? at.low : at.high);
    else return;
    event.preventDefault();
  });
  const sized = new ResizeObserver(() => draw());
  sized.observe(place);
  return { draw, undo: () => sized.disconnect() };
}

// A dotted line where the handle moves, with the name of the bar below it.
function stem(question, at, s) {
  const x = s.x(at.place(0)).toFixed(1);
  const name = at.bar ? `<text class="lk-tick" x="${x}" y="${s.bottom + 17}" text-anchor="middle">${esc(question.x)}</text>` : "";
  return `<path class="lk-line" d="M${x} ${INSET.top}V${s.bottom}"/>${name}`;
}

function path(question, values, s) {
  if (values[0] === null) return "";
  const there = values.map((value, k) => `${s.x(question.x[k]).toFixed(1)} ${s.y(value).toFixed(1)}`);
  return `<path class="lk-path" ${chart.ink(guess.COLOUR)} d="M${there.join("L")}"/>`;
}

// Drag the handle, or draw a curve: the pointer's strokes are straight from one of its places to the next.
function drag(svg, handle, { question, curve, own, at, scale, put, moved }) {
  let last = null; // of a stroke: {k, value}; null where no pointer is down
  const under = (event) => {
    const box = svg.getBoundingClientRect();
    const s = scale();
    const x = event.clientX - box.left;
    const [left, right] = [s.x(at.low), s.x(at.high)];
    const value = at.valueAt(at.flat ? (x - left) / (right - left) : (s.bottom - (event.clientY - box.top)) / (s.bottom - INSET.top));
    const far = (k) => Math.abs(s.x(at.place(k)) - x);
    return { k: curve ? question.x.reduce((best, _, k) => (far(k) < far(best) ? k : best), 0) : 0, value };
  };
  const go = (event) => {
    const now = under(event);
    if (curve) {
      own.values = guess.stroke(own.values, last, now);
      own.k = now.k;
      moved();
    } else put(0, now.value);
    last = now;
  };
  svg.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    event.preventDefault();
    handle.focus({ preventScroll: true });
    svg.setPointerCapture(event.pointerId);
    last = under(event);
    go(event);
  });
  svg.addEventListener("pointermove", (event) => { if (last) go(event); });
  ["pointerup", "pointercancel"].forEach((name) => svg.addEventListener(name, () => { last = null; }));
}

export default { make, axis, toField, fromField };
