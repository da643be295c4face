// A reading that arrow keys move through a picture: along the places of curves and bars, over the cells of a matrix. It
// is seen as with the pointer, and it is read out when the keys pause.

const PAUSE = 350; // milliseconds without a key before a place is read out
const STEPS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };

// The place after a key, in a picture of rows of columns. at: a place, or null before the first key, which begins at
// `start`. -> place, null for Escape, undefined for a key that does nothing here
function next(key, at, { rows, columns, start = 0 }) {
  if (key === "Escape") return at === null ? undefined : null;
  const moves = STEPS[key];
  if (!rows || !columns || !(moves || key === "Home" || key === "End") || (moves?.[0] && rows === 1)) return undefined;
  const from = Math.min(at ?? start, rows * columns - 1);
  const [row, column] = [Math.floor(from / columns), from % columns];
  if (key === "Home") return row * columns;
  if (key === "End") return row * columns + columns - 1;
  if (at === null) return from;
  const within = (value, count) => Math.min(Math.max(value, 0), count - 1);
  return within(row + moves[0], rows) * columns + within(column + moves[1], columns);
}

// Let keys move a reading over an svg. shape() -> {rows, columns, start}; show(at): draw the reading of a place, or none
// for null; say(at): its words; live: the element that is read out.
function make(svg, { shape, show, say, live }) {
  const walk = { at: null, timer: 0 };
  svg.setAttribute("tabindex", "0");
  svg.setAttribute("role", "application");
  svg.setAttribute("aria-roledescription", "picture; arrow keys read its values");
  const go = (at) => {
    walk.at = at;
    show(at);
    clearTimeout(walk.timer);
    walk.timer = setTimeout(() => { live.textContent = walk.at === null ? "" : say(walk.at); }, PAUSE);
  };
  svg.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const at = next(event.key, walk.at, shape());
    if (at === undefined) return;
    event.preventDefault();
    go(at);
  });
  svg.addEventListener("blur", () => { if (walk.at !== null) go(null); });
  return walk;
}

export default { next, make };
