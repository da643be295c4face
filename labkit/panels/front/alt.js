// What is seen in a picture, in words, from its data: for readers who do not see it. Pure functions of a part's traits.

const { words } = chart;
const MOST = 8; // curves, bars or groups that are told one by one
const FLAT = 0.03; // of the axis: a curve that moves less stays where it is

const sentence = (text) => (/[.?!]$/.test(text) ? text : `${text}.`);
const listed = (items, more) => [...items.slice(0, MOST), ...(items.length > MOST ? [`and ${items.length - MOST} ${more}`] : [])].join("; ");
const counted = (count, one, many = `${one}s`) => `${count} ${count === 1 ? one : many}`;

// The course of a curve: where it begins and ends, and its peak or trough if one stands out. points [[x, y], ...],
// told(x), at(y) write numbers, height(y): its height on an axis of length 1.
function course(points, at, told, height) {
  const [first, last] = [points[0], points.at(-1)];
  const place = ([x, y]) => `${at(y)} at ${told(x)}`;
  if (points.length === 1) return place(first);
  const by = (sign) => points.reduce((best, point) => (sign * (point[1] - best[1]) > 0 ? point : best));
  const [peak, trough] = [by(1), by(-1)];
  const [low, high] = [first, last].map(([, y]) => height(y)).sort((a, b) => a - b);
  const above = height(peak[1]) - high;
  const below = low - height(trough[1]);
  if (Math.max(above, below) > FLAT) {
    return above >= below
      ? `rises from ${place(first)} to ${place(peak)}, then falls to ${place(last)}`
      : `falls from ${place(first)} to ${place(trough)}, then rises to ${place(last)}`;
  }
  if (high - low <= FLAT) return `stays near ${at(last[1])} from ${told(first[0])} to ${told(last[0])}`;
  return `${last[1] > first[1] ? "rises" : "falls"} from ${place(first)} to ${place(last)}`;
}

function heights([low, high], scale) {
  const f = scale === "log" ? (v) => Math.log10(Math.max(v, 1e-300)) : (v) => v;
  return (y) => (f(Math.min(Math.max(y, low), high)) - f(low)) / (f(high) - f(low)); // beyond a fixed axis it is drawn at its edge
}

function curves({ series = [], before = [], ghost, pins = [], lines = [], strip = {}, xlabel, ylim, yscale, unit, xunit }) {
  const told = (x) => `${xlabel} ${words(x, xunit)}`;
  const drawn = series.filter((c) => !c.guess).map((c) => [c, c.x.map((x, k) => [x, c.y[k]]).filter(([, y]) => y !== null)]);
  const courses = drawn.filter(([, points]) => points.length)
    .map(([c, points]) => `${c.name} ${course(points, (y) => words(y, c.unit || unit), told, heights(ylim, yscale))}`);
  const levels = lines.map((l) => `a dotted line, ${l.name}, at ${words(l.y, unit)}`);
  const parts = [...courses, ...levels];
  const said = parts.length ? [sentence(listed(parts, "more"))] : ["No curve yet."];
  if (before.length) said.push(`Faint: ${counted(before.length, "earlier curve")}.`);
  const runs = [...(ghost ? [`the run before, ${ghost.name}`] : []), ...pins.map((pin) => pin.name)].filter(Boolean);
  if (runs.length) said.push(sentence(`Beside it: ${runs.join("; ")}`));
  if (strip.cells?.length) said.push(beliefs(strip, xlabel));
  return said.join(" ");
}

// The row of words below an axis, in runs of the same word.
function beliefs({ name, cells }, xlabel) {
  const runs = cells.reduce((done, { x, text }) => {
    if (done.at(-1)?.text === text) done.at(-1).to = x;
    else done.push({ text, from: x, to: x });
    return done;
  }, []);
  const span = ({ text, from, to }) => `${text} at ${xlabel} ${from === to ? from : `${from} to ${to}`}`;
  return sentence(`${name}: ${listed(runs.map(span), "more changes")}`);
}

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

function scatter({ points, groups, lines = [], xlabel, ylabel, unit, xunit }) {
  const seen = points.x.map((_, k) => k).filter((k) => points.x[k] !== null && points.y[k] !== null);
  const told = groups.map(({ name }, g) => {
    const own = seen.filter((k) => Number(points.group[k]) === g);
    if (!own.length) return `no ${name}`;
    const x = words(median(own.map((k) => points.x[k])), xunit);
    const y = words(median(own.map((k) => points.y[k])), unit);
    const faint = own.filter((k) => points.faint?.[k]).length;
    return `${counted(own.length, `point: ${name}`, `points: ${name}`)}${faint ? `, ${faint} of them faint` : ""}, the middle one at ${xlabel} ${x}, ${ylabel} ${y}`;
  });
  if (!seen.length) return "No point yet.";
  const named = [...new Set(lines.map((l) => l.name).filter(Boolean))];
  return sentence(listed(told, "more groups")) + (named.length ? ` Lines: ${named.join(", ")}.` : "");
}

function bars({ bars: all, unit, guess }) {
  if (!all.length) return "No bar yet.";
  const told = all.map((b) => `${b.name} ${words(b.value, unit)}`);
  return sentence(told.join(", ")) + (guess ? ` Your guess for ${guess.name}: ${words(guess.value, unit)}.` : "");
}

function matrix({ values, rows, columns, xlabel, ylabel, unit, marked = [] }) {
  if (!values.length) return "No matrix yet.";
  const cells = values.flatMap((row, r) => row.map((value, c) => ({ value, r, c }))).filter(({ value }) => value !== null);
  const square = values.length === values[0].length;
  const largest = (list) => list.reduce((best, cell) => (cell.value > best.value ? cell : best));
  const place = ({ value, r, c }) => `${words(value, unit)}, ${ylabel} ${rows[r] ?? r}, ${xlabel} ${columns[c] ?? c}`;
  const span = (list) => {
    const [low, high] = [Math.min(...list.map((cell) => cell.value)), Math.max(...list.map((cell) => cell.value))].map((v) => words(v, unit));
    return low === high ? low : `${low} to ${high}`;
  };
  const size = `${values.length} rows of ${values[0].length}`;
  const more = marked.length ? ` ${counted(marked.length, "cell is", "cells are")} marked.` : "";
  if (!square) return `${size}: ${span(cells)}. The largest is ${place(largest(cells))}.${more}`;
  const diagonal = cells.filter(({ r, c }) => r === c);
  const others = cells.filter(({ r, c }) => r !== c);
  if (!diagonal.length || !others.length) return `${size}: ${span(cells)}.${more}`;
  return `${size}. On the diagonal ${span(diagonal)}. The largest beside it is ${place(largest(others))}.${more}`;
}

function gallery({ items }) {
  if (!items.length) return "No image yet.";
  const fates = [...new Set(items.map((item) => item.fate).filter(Boolean))];
  const count = (list) => fates.map((fate) => [fate, list.filter((item) => item.fate === fate).length]).filter(([, k]) => k).map(([fate, k]) => `${k} ${fate}`);
  const told = (list, name) => `${list.length} ${name}${count(list).length ? ` (${count(list).join(", ")})` : ""}`;
  const wrong = items.filter((item) => item.true !== item.given);
  const right = items.filter((item) => item.true === item.given);
  return `${counted(items.length, "image")}: ${[told(wrong, "with a wrong label"), told(right, "with the right one")].join(", ")}.`;
}

// How far marks lie from those that are called "true", as a share of the image's width, on average.
function faces({ items, marks: fixed, moving = [] }) {
  if (!items.length) return "No image yet.";
  const marks = [...fixed, ...moving];
  const truth = marks.find((m) => m.name === "true");
  const far = marks.filter((m) => truth && m !== truth).map((m) => [m.name, distance(m.points, truth.points)]).filter(([, d]) => d !== null);
  const names = `${counted(items.length, "image")}: ${items.map((item) => item.name).join("; ")}.`;
  return far.length ? `${names} ${sentence(far.map(([name, d]) => `${name} lies ${Math.round(100 * d)}% of the width from true, on average`).join("; "))}` : names;
}

function distance(points, truth) {
  const all = points.flatMap((own, k) => own.map(([x, y], j) => (truth[k]?.[j] ? Math.hypot(x - truth[k][j][0], y - truth[k][j][1]) : null))).filter((d) => d !== null);
  return all.length ? all.reduce((sum, d) => sum + d, 0) / all.length : null;
}

// The name of a picture and what is seen in it.
const named = (state, text) => [sentence(state.title), text, state.caption].filter(Boolean).join(" ");

export default { course, curves, scatter, bars, matrix, gallery, faces, named };
