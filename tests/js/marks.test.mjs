// Marks in the state of a panel, and what a view draws of them without a kernel.
import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./front.mjs";

const { marks } = load("shown", "chart", "contour", "train", "world", "marks");

test("marks are kept in the state, and none leave no trace", () => {
  const state = { rate: 1 };
  const marked = marks.next(state, "world", [3]);
  assert.deepEqual(marked, { rate: 1, marks: { world: [3] } });
  assert.deepEqual(marks.next(marked, "other", [1]), { rate: 1, marks: { world: [3], other: [1] } });
  assert.deepEqual(marks.next(marked, "world", []), state);
});

const parts = [{ kind: "world", name: "world", traits: { training: { method: "plain SGD" } } }];
const controls = [{ name: "method", values: ["plain SGD", "SOP"] }];
const frame = { picture: { world: { given: "0011", per_epoch: {} } } };

test("a view without a kernel says what a robust method needs, and draws no boundary", async () => {
  const values = { parts, controls, state: { method: 1, marks: { world: [2] } } };
  const draw = marks.learner({ get: (key) => values[key] }, () => {});
  const first = draw(frame);
  await new Promise((after) => setTimeout(after));
  const done = draw(frame);
  assert.equal(first, done);
  assert.deepEqual(done.drawn, values.state);
  assert.deepEqual(Object.keys(done.picture.world), ["given", "hint"]);
  assert.match(done.message, /SOP needs stored runs or a kernel/);
});

test("where nothing is stored for the controls, nothing is drawn", () => {
  const values = { parts, controls, state: { method: 0, marks: { world: [2] } } };
  assert.deepEqual(marks.learner({ get: (key) => values[key] }, () => {})(undefined).picture, {});
});
