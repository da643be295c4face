// The reader's guess: what is kept of it, where it applies, how it stands to what was measured. Pure functions.
//
// question: {words, unit, part, x, along, options, sure, setting, low, high, seeds}. x is a place on the axis of the part, the
// name of a bar, or for a curve a list of places; then low, high and a guess are lists, too. setting {control: position}
// is where the question applies. along "x": the answer is a place on the horizontal axis. guess: {value, sure, why, skipped}, null as long as the question is open.

const { words } = chart;
const COLOUR = "#E69F00";

const isCurve = (question) => Array.isArray(question.x);
const has = (guess) => guess?.value !== undefined && guess.value !== null;

// What was kept, as a guess; null for what answers no such question. A plain value is a guess of earlier versions.
function read(question, kept) {
  if (kept === null || kept === undefined) return null;
  const { value = null, sure = "", why = "", skipped = false } = typeof kept === "object" && !Array.isArray(kept) ? kept : { value: kept };
  if (value === null) return skipped ? { value, sure, why, skipped } : null;
  return fits(question, value) ? { value, sure, why, skipped } : null;
}

function fits(question, value) {
  if (question.unit === "choice") return question.options.includes(value);
  if (isCurve(question)) return Array.isArray(value) && value.length === question.x.length && value.every((one) => isNumber(question, one));
  return isNumber(question, value);
}

const isNumber = ({ unit }, value) => Number.isFinite(value) && (unit !== "percent" || (value >= 0 && value <= 1));

// Do the controls stand where the question applies?
const agrees = (question, state) => Object.entries(question.setting ?? {}).every(([name, position]) => state[name] === position);

// Where the question applies, in words: "rate 40 %, noise asymmetric".
function setting(question, controls) {
  return controls.filter(({ name }) => name in (question.setting ?? {}))
    .map(({ name, label, words: said }) => `${label} ${said[question.setting[name]]}`).join(", ");
}

const off = (value, low, high) => (value < low ? value - low : Math.max(0, value - high));

function amount(distance, unit) {
  return unit === "percent" ? `${+(100 * distance).toFixed(1)} points` : String(+distance.toPrecision(2));
}

// How a guess stands to the band, as labkit.score says it.
function verdict(question, value) {
  const { unit, low, high } = question;
  if (unit === "choice") return value === low || value === high ? "right" : "not so";
  if (isCurve(question)) {
    const far = value.map((one, k) => Math.abs(off(one, low[k], high[k])));
    const missed = far.filter((distance) => distance > 0);
    const inside = `${far.length - missed.length} of ${far.length} epochs inside`;
    const mean = missed.reduce((sum, distance) => sum + distance, 0) / missed.length;
    return missed.length ? `${inside}, ${amount(mean, unit)} outside on average at the others` : inside;
  }
  const distance = off(value, low, high);
  return distance ? `${amount(Math.abs(distance), unit)} too ${distance < 0 ? "low" : "high"}` : "inside";
}

const between = (low, high, unit) => [...new Set([low, high].map((value) => words(value, unit === "choice" ? "" : unit)))].join(unit === "choice" ? " or " : " to ");

// A guess in words, or with `high` the band from it to there. A curve is told by its first, highest and last value.
function written(question, value, high = value) {
  if (!isCurve(question)) return between(value, high, question.unit);
  const top = high.reduce((best, one, k) => (one > high[best] ? k : best), 0);
  const places = [...new Set([0, top, high.length - 1])].sort((a, b) => a - b);
  return places.map((k) => `${between(value[k], high[k], question.unit)} at epoch ${question.x[k]}`).join(", ");
}

function guessed(question, guess) {
  if (!has(guess)) return "You skipped the guess.";
  return `You guessed ${written(question, guess.value)}${guess.sure ? `, ${guess.sure} sure` : ""}${guess.skipped ? ", after skipping it first" : ""}.`;
}

function measured(question) {
  if (question.low === undefined) return "Nothing is stored to compare it with.";
  return `Measured: ${written(question, question.low, question.high)} (${question.seeds} ${question.seeds === 1 ? "seed" : "seeds"}).`;
}

// The guess, what was measured, and how far apart they are: what a panel says below its pictures.
function score(question, guess) {
  if (!has(guess)) return guessed(question, guess);
  const judged = question.low === undefined ? "" : ` ${verdict(question, guess.value)}.`;
  return `${guessed(question, guess)} ${measured(question)}${judged.replace(/^ [a-z]/, (letter) => letter.toUpperCase())}`;
}

// The guess and the band as marks in the part that the question names.
function marks(part, traits, question, guess) {
  if (question.part !== part.name || question.unit === "choice" || !has(guess)) return traits;
  if (part.kind === "bars") return { ...traits, guess: { name: question.x, value: guess.value } };
  if (!isCurve(question)) return { ...traits, series: [...(traits.series ?? []), ...star(question, guess, part.declared?.ylim?.[0] ?? 0)] };
  const band = question.low === undefined ? [] : [{ x: question.x, low: question.low, high: question.high, colour: COLOUR }];
  return { ...traits, series: [...(traits.series ?? []), ...curves(question, guess)], bands: [...(traits.bands ?? []), ...band] };
}

const line = (name, x, y, more) => ({ name, x, y, colour: COLOUR, dash: "", marker: "none", guess: true, ...more });

function star(question, { value }, bottom) {
  const { x, low, high, seeds } = question;
  if (question.along === "x") {
    const told = (one, other = one) => ({ said: written(question, one, other) });
    const mine = line("your guess", [value], [bottom], { marker: "star", ...told(value) });
    return low === undefined ? [mine] : [mine, line(`measured, ${seeds} seeds`, [...new Set([low, high])], [...new Set([low, high])].map(() => bottom), { marker: "diamond", measured: true, ...told(low, high) })];
  }
  const mine = line("your guess", [x], [value], { marker: "star" });
  return low === undefined ? [mine] : [mine, line(`measured, ${seeds} seeds`, [x, x], [low, high], { marker: "dash", measured: true })];
}

function curves({ x, low, high, seeds }, { value }) {
  const mine = line("your guess", x, value, { marker: "star", dash: "2 4" });
  if (low === undefined) return [mine];
  return [mine, line(`measured, ${seeds} seeds`, x, low, { high, dash: "1 3", measured: true })];
}

// A curve that is being drawn: values, null where the reader has not been.

// After a stroke from one place to another, in a straight line. from, to: {k, value}; k a position in the list.
function stroke(values, from, to) {
  const next = [...values];
  const step = Math.sign(to.k - from.k) || 1;
  for (let k = from.k; k !== to.k + step; k += step) {
    const share = to.k === from.k ? 1 : (k - from.k) / (to.k - from.k);
    next[k] = from.value + share * (to.value - from.value);
  }
  return next;
}

// The whole curve: straight between places where the reader has been, level before the first and after the last.
function whole(values, x) {
  const known = values.map((_, k) => k).filter((k) => values[k] !== null);
  if (!known.length) return values;
  return values.map((value, k) => {
    if (value !== null) return value;
    const left = known.filter((j) => j < k).at(-1);
    const right = known.find((j) => j > k);
    if (left === undefined || right === undefined) return values[left ?? right];
    const share = (x[k] - x[left]) / (x[right] - x[left]);
    return values[left] + share * (values[right] - values[left]);
  });
}

export default { COLOUR, isCurve, has, read, agrees, setting, verdict, written, guessed, measured, score, marks, stroke, whole };
