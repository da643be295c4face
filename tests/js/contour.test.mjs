// What the world draws and says, from data alone.
import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./front.mjs";

const { contour } = load("contour");
const same = (v) => v;
const area = (path) => path.split("M").filter(Boolean).reduce((sum, ring) => {
  const at = ring.replace("Z", "").split("L").map((pair) => pair.split(" ").map(Number));
  return sum + Math.abs(at.reduce((twice, [x, y], k) => {
    const [u, v] = at[(k + 1) % at.length];
    return twice + x * v - u * y;
  }, 0)) / 2;
}, 0);

test("levels are finest at the boundary and have its sign", () => {
  assert.equal(contour.level(-1e-9, 4), "7");
  assert.equal(contour.level(1e-9, 4), "8");
  assert.equal(contour.level(-1e9, 4), "0");
  assert.equal(contour.level(1e9, 4), "f");
});

test("the grid begins at the lower left corner", () => {
  const places = contour.places({ xlim: [-2, 2], ylim: [0, 1], columns: 3, rows: 2 });
  assert.deepEqual(places, [[-2, 0], [0, 0], [2, 0], [-2, 1], [0, 1], [2, 1]]);
});

test("both classes fill the plane, and the boundary lies half-way between equal levels", () => {
  const { inside, outside, edge } = contour.paths("0ff0ff0ff", 3, same, same);
  assert.equal(area(inside), 3);
  assert.equal(area(outside), 1);
  assert.equal(edge.split("M").length - 1, 2);
  assert.ok(edge.match(/[\d.]+ [\d.]+/g).every((pair) => pair.startsWith("0.5 ")));
});

test("a single point of class 1 is an island", () => {
  const { inside, outside, edge } = contour.paths("0000f0000", 3, same, same);
  assert.equal(area(inside) + area(outside), 4);
  assert.equal(area(inside), 0.5);
  assert.equal(edge.split("M").length - 1, 4);
});

test("a plane of one class has no boundary", () => {
  assert.deepEqual(contour.paths("ffff", 2, same, same), { inside: "M0.0 0.0L1.0 0.0L1.0 1.0L0.0 1.0Z", outside: "", edge: "" });
});

test("a flip turns a label over, and two turn it back", () => {
  assert.equal(contour.flipped("0101", [0, 3]), "1100");
  assert.equal(contour.flipped(contour.flipped("0101", [1]), [1]), "0101");
});

test("only a wrong label can be learnt by heart", () => {
  assert.deepEqual(contour.fates("0110", "0011", "0100"), [
    { label: 0, wrong: false, learnt: false }, { label: 1, wrong: true, learnt: true },
    { label: 1, wrong: false, learnt: false }, { label: 0, wrong: true, learnt: true },
  ]);
  assert.deepEqual(contour.fates("10", "01", "").map((fate) => fate.learnt), [false, false]);
});

test("arrow keys go to the nearest point in their direction", () => {
  const points = [[0, 0], [1, 0.1], [3, 0], [0.2, 2], [-1, -1]];
  assert.equal(contour.neighbour(points, 0, [1, 0]), 1);
  assert.equal(contour.neighbour(points, 1, [1, 0]), 2);
  assert.equal(contour.neighbour(points, 0, [0, 1]), 3);
  assert.equal(contour.neighbour(points, 2, [1, 0]), 2, "at the edge it stays");
});
