// Which epoch a panel shows.
import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./front.mjs";

const { cursor } = load("cursor");
const shown = { title: "a", per_epoch: { epoch: [0, 1, 5], loss: [3, 2, 1] } };

test("the traits at the cursor are those of one epoch", () => {
  assert.deepEqual(cursor.traits(shown, 1), { title: "a", epoch: 1, loss: 2 });
});

test("without a place it is the newest epoch, and so it is beyond the end", () => {
  assert.deepEqual(cursor.traits(shown, null), { title: "a", epoch: 5, loss: 1 });
  assert.deepEqual(cursor.traits(shown, 9), { title: "a", epoch: 5, loss: 1 });
});

test("a part without time is as it is", () => {
  assert.deepEqual(cursor.traits({ title: "a" }, 1), { title: "a" });
});

test("the longest list of the parts leads", () => {
  assert.deepEqual(cursor.epochs([{ per_epoch: { epoch: [0, 1] } }, shown, {}]), [0, 1, 5]);
  assert.deepEqual(cursor.epochs([{}]), []);
});
