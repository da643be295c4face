// Which epoch a panel shows.
import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./front.mjs";

const { cursor } = load("cursor");
const shown = { title: "a", per_epoch: { epoch: [0, 1, 5], loss: [3, 2, 1] } };

test("the traits at the cursor are those of one epoch", () => {
  assert.deepEqual(cursor.traits(shown, 1), { title: "a", epoch: 1, loss: 2 });
});

test("a part that was kept at fewer epochs shows its last one that is not later", () => {
  assert.deepEqual(cursor.traits(shown, 4), { title: "a", epoch: 1, loss: 2 });
  assert.deepEqual(cursor.traits({ per_epoch: { epoch: [3, 4], loss: [2, 1] } }, 1), { epoch: 3, loss: 2 });
});

test("without a place it is the newest epoch, and so it is beyond the end", () => {
  assert.deepEqual(cursor.traits(shown, null), { title: "a", epoch: 5, loss: 1 });
  assert.deepEqual(cursor.traits(shown, 9), { title: "a", epoch: 5, loss: 1 });
});

test("a part without time is as it is", () => {
  assert.deepEqual(cursor.traits({ title: "a" }, 1), { title: "a" });
  assert.deepEqual(cursor.traits({ title: "a", per_epoch: { epoch: [] } }, 1), { title: "a" });
});

test("values that are dicts are laid over, and words name the epoch", () => {
  const points = { caption: "after epoch {epoch}", points: { group: [0] }, per_epoch: { epoch: [1, 2], points: [{ x: [5] }, { x: [6] }] } };
  assert.deepEqual(cursor.traits(points, 2), { caption: "after epoch 2", epoch: 2, points: { group: [0], x: [6] } });
});

test("the cursor goes over the epochs that all parts can show", () => {
  assert.deepEqual(cursor.epochs([{ per_epoch: { epoch: [0, 1] } }, shown, {}]), [0, 1]);
  const stored = { per_epoch: { epoch: [1, 3, 9] } };
  const training = { per_epoch: { epoch: [1, 2, 3, 4] } };
  assert.deepEqual(cursor.epochs([stored, training]), [1, 3], "none that the training has not reached");
  assert.deepEqual(cursor.epochs([{}]), []);
});
