// What is seen in a picture, in words.
import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./front.mjs";

const { alt } = load("chart", "alt");
const axis = { xlabel: "epoch", ylim: [0, 1], yscale: "linear", unit: "percent", xunit: "whole" };
const curve = (name, y, more) => ({ name, x: y.map((_, k) => k + 1), y, ...more });
const told = (...series) => alt.curves({ ...axis, series });

test("a curve with a peak rises and then falls", () => {
  assert.equal(told(curve("test accuracy", [0.45, 0.92, 0.8, 0.71])),
    "test accuracy rises from 45% at epoch 1 to 92% at epoch 2, then falls to 71% at epoch 4.");
});

test("a curve with a trough falls and then rises", () => {
  assert.equal(told(curve("loss", [0.9, 0.2, 0.5])), "loss falls from 90% at epoch 1 to 20% at epoch 2, then rises to 50% at epoch 3.");
});

test("a curve without a turn says where it begins and ends, and a flat one where it stays", () => {
  assert.equal(told(curve("a", [0.1, 0.3, 0.9])), "a rises from 10% at epoch 1 to 90% at epoch 3.");
  assert.equal(told(curve("a", [0.9, 0.5, 0.1])), "a falls from 90% at epoch 1 to 10% at epoch 3.");
  assert.equal(told(curve("a", [0.5, 0.51, 0.5])), "a stays near 50% from epoch 1 to epoch 3.");
});

test("what has no value is left out, and a curve of one point is a place", () => {
  assert.equal(told(curve("a", [null, 0.3, null])), "a 30% at epoch 2.");
  assert.equal(told(curve("a", [null, null])), "No curve yet.");
});

test("how much a curve moves is judged on its own axis", () => {
  const flat = curve("a", [1e-4, 1e-2], { unit: "number" });
  assert.match(alt.curves({ ...axis, series: [flat] }), /stays near/);
  assert.match(alt.curves({ ...axis, series: [flat], ylim: [1e-4, 1], yscale: "log" }), /rises from/);
});

test("a guess is no curve; lines, earlier curves and the row of words are told", () => {
  const strip = { name: "believed label by epoch", cells: [{ x: 1, text: "4" }, { x: 2, text: "4" }, { x: 3, text: "9" }] };
  const guess = curve("your guess", [0.2], { guess: true });
  assert.equal(alt.curves({ ...axis, series: [guess], before: [{}], lines: [{ name: "1 − τ", y: 0.6 }], strip }),
    "a dotted line, 1 − τ, at 60%. Faint: 1 earlier curve. believed label by epoch: 4 at epoch 1 to 2; 9 at epoch 3.");
});

test("runs beside the one that is shown are named", () => {
  const state = { ...axis, series: [curve("a", [0.1, 0.9])], ghost: { name: "τ 40 %" }, pins: [{ name: "CDR" }] };
  assert.match(alt.curves(state), /Beside it: the run before, τ 40 %; CDR\.$/);
});

test("points are counted by group, and the middle one has a place", () => {
  const points = { x: [1, 2, 9, 5, null], y: [0, 1, 2, 3, 4], group: [0, 0, 0, 1, 1], faint: [0, 1, 0, 0, 0] };
  const groups = [{ name: "right" }, { name: "wrong" }, { name: "unknown" }];
  assert.equal(alt.scatter({ points, groups, xlabel: "loss", ylabel: "pull", lines: [{ name: "CE" }, { name: "" }] }),
    "3 points: right, 1 of them faint, the middle one at loss 2, pull 1; 1 point: wrong, the middle one at loss 5, pull 3; no unknown. Lines: CE.");
});

test("bars have their values", () => {
  const bars = [{ name: "ERM", value: 0.468 }, { name: "GCE", value: null }];
  assert.equal(alt.bars({ bars, unit: "percent", guess: { name: "GCE", value: 0.5 } }), "ERM 47%, GCE –. Your guess for GCE: 50%.");
});

test("a matrix has its diagonal and the largest beside it", () => {
  const state = { rows: ["cat", "dog"], columns: ["cat", "dog"], xlabel: "given", ylabel: "true", unit: "percent" };
  assert.equal(alt.matrix({ ...state, values: [[0.6, 0.4], [0.1, 0.9]], marked: [[0, 1]] }),
    "2 rows of 2. On the diagonal 60% to 90%. The largest beside it is 40%, true cat, given dog. 1 cell is marked.");
  assert.equal(alt.matrix({ ...state, values: [[0.6, 0.4, 0.7]] }), "1 rows of 3: 40% to 70%. The largest is 70%, true cat, given 2.");
});

test("images are counted by their fates", () => {
  const item = (given, truth, fate) => ({ given, true: truth, fate });
  assert.equal(alt.gallery({ items: [item("1", "2", "memorised"), item("1", "2", "corrected"), item("3", "4", "memorised"), item("1", "1", "")] }),
    "4 images: 3 with a wrong label (2 memorised, 1 corrected), 1 with the right one.");
});

test("marks on faces have their distance from the true ones", () => {
  const marks = [{ name: "given", points: [[[0, 0]], [[0.5, 0.5]]] }, { name: "true", points: [[[0.3, 0.4]], [[0.5, 0.5]]] }];
  assert.equal(alt.faces({ items: [{ name: "face 0" }, { name: "face 1" }], marks }),
    "2 images: face 0; face 1. given lies 25% of the width from true, on average.");
});

test("the text begins with the title and ends with the caption", () => {
  assert.equal(alt.named({ title: "Who learns?", caption: "seed 0" }, "No curve yet."), "Who learns? No curve yet. seed 0");
});
