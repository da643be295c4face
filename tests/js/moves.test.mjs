// Moves: when one is reached, and which pins are left by it.
import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./front.mjs";

const { moves } = load("shown", "chart", "controls", "moves");
const specs = [{ name: "rate" }, { name: "method" }];
const nameOf = (state) => `${state.rate},${state.method}`;
const at = (rate, method) => ({ rate, method });

test("a move is reached where all controls and the marks are its own", () => {
  const move = { state: { method: 1, rate: 2 } };
  assert.ok(moves.reached(specs, move, at(2, 1)));
  assert.ok(!moves.reached(specs, move, at(2, 0)));
  assert.ok(!moves.reached(specs, move, { ...at(2, 1), marks: { world: [3] } }));
  assert.ok(moves.reached(specs, { state: { ...at(2, 1), marks: { world: [3] } } }, { ...at(2, 1), marks: { world: [3] } }));
});

test("the pins of the move before go, the reader's own stay where there is room", () => {
  assert.deepEqual(moves.pinned([at(0, 0), at(1, 1)], [at(1, 1)], [at(2, 2)], nameOf), [at(0, 0), at(2, 2)]);
  assert.deepEqual(moves.pinned([at(0, 0), at(0, 1), at(0, 2)], [], [at(2, 2)], nameOf), [at(0, 0), at(0, 1), at(2, 2)]);
  assert.deepEqual(moves.pinned([at(2, 2)], [], [at(2, 2)], nameOf), [at(2, 2)]);
  assert.deepEqual(moves.pinned([at(1, 1)], [at(1, 1)], [], nameOf), []);
});
