// The boundary of a network on a grid: levels of its margin (hexadecimal digits, row by row from the lower left corner,
// below 8 is class 0), and the paths that are drawn from them. Pure functions of data.

const LEVELS = 16;

// A margin of logits as a level, finest at the boundary; labkit.lessons.l00.study.levels does the same.
function level(margin, softness) {
  const k = Math.floor(((Math.tanh(margin / softness) + 1) / 2) * LEVELS);
  return Math.min(Math.max(k, 0), LEVELS - 1).toString(LEVELS);
}

// The points of a grid, in the order of the levels. -> [[x, y], ...]
function places({ xlim, ylim, columns, rows }) {
  const at = ([low, high], k, count) => low + ((high - low) * k) / (count - 1);
  return Array.from({ length: columns * rows }, (_, k) => [at(xlim, k % columns, columns), at(ylim, Math.floor(k / columns), rows)]);
}

// Closed paths around all that is class 1 and all that is class 0, and an open path along the boundary. x(column), y(row)
// give pixels.
function paths(text, columns, x, y) {
  const values = Array.from(text, (digit) => parseInt(digit, LEVELS) - (LEVELS - 1) / 2);
  const rows = values.length / columns;
  const made = { inside: [], outside: [], edge: [] };
  const line = (list) => `M${list.map(([u, v]) => `${x(u).toFixed(1)} ${y(v).toFixed(1)}`).join("L")}`;
  const ring = (name, list) => made[name].push(`${line(list)}Z`);
  for (let r = 0; r + 1 < rows; r++) {
    for (let c = 0, end = 0; c + 1 < columns; c = end) {
      end = run(values, columns, c, r);
      if (end > c) {
        ring(values[r * columns + c] > 0 ? "inside" : "outside", [[c, r], [end, r], [end, r + 1], [c, r + 1]]);
        continue;
      }
      end = c + 1;
      const { inside, outside, crossings } = cell(values, columns, c, r);
      ring("inside", inside);
      ring("outside", outside);
      for (let k = 0; k + 1 < crossings.length; k += 2) made.edge.push(line(crossings.slice(k, k + 2)));
    }
  }
  return Object.fromEntries(Object.entries(made).map(([name, list]) => [name, list.join("")]));
}

// The column at which a run of squares of one class ends that begins at column c; c itself where the boundary is.
function run(values, columns, c, r) {
  const side = values[r * columns + c] > 0;
  const same = (u) => values[r * columns + u] > 0 === side && values[(r + 1) * columns + u] > 0 === side;
  let end = c;
  while (end < columns && same(end)) end += 1;
  return Math.max(c, end - 1);
}

// One square of the grid: the corners of its part in class 1 and of its other part, and where the boundary crosses its
// sides.
function cell(values, columns, c, r) {
  const square = [[c, r], [c + 1, r], [c + 1, r + 1], [c, r + 1]];
  const value = ([u, v]) => values[v * columns + u];
  const [inside, outside, crossings] = [[], [], []];
  square.forEach((from, k) => {
    const to = square[(k + 1) % 4];
    const [a, b] = [value(from), value(to)];
    (a > 0 ? inside : outside).push(from);
    if (a > 0 === b > 0) return;
    const share = a / (a - b);
    const crossing = [from[0] + share * (to[0] - from[0]), from[1] + share * (to[1] - from[1])];
    [inside, outside, crossings].forEach((list) => list.push(crossing));
  });
  return { inside, outside, crossings };
}

// Labels after the reader's flips. given, -> text of digits; flips: positions
function flipped(given, flips) {
  const over = new Set(flips);
  return Array.from(given, (digit, k) => (over.has(k) ? String(1 - digit) : digit)).join("");
}

// What is known of every point: its given label, whether that is wrong, and whether the network has learnt it by heart.
function fates(given, truth, believed) {
  return Array.from(given, (label, k) => {
    const wrong = label !== truth[k];
    return { label: Number(label), wrong, learnt: wrong && believed[k] === label };
  });
}

// The nearest point in a direction, for the arrow keys: near and straight ahead first. -> position, or `from` itself
function neighbour(points, from, [dx, dy]) {
  let [best, least] = [from, Infinity];
  points.forEach(([x, y], k) => {
    const [u, v] = [x - points[from][0], y - points[from][1]];
    const ahead = u * dx + v * dy;
    const aside = Math.abs(u * dy - v * dx);
    const far = ahead + 2 * aside;
    if (k !== from && ahead > aside / 2 && ahead > 0 && far < least) [best, least] = [k, far];
  });
  return best;
}

export default { level, places, paths, flipped, fates, neighbour };
