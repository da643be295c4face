// Keys that move a reading through a picture.
import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./front.mjs";

const { walk } = load("walk");
const along = { rows: 1, columns: 5, start: 4 };
const grid = { rows: 3, columns: 4 };

test("the first arrow reads the place that is shown, the next ones move", () => {
  assert.equal(walk.next("ArrowLeft", null, along), 4);
  assert.equal(walk.next("ArrowLeft", 4, along), 3);
  assert.equal(walk.next("ArrowRight", 4, along), 4, "the last is the last");
});

test("Home and End go to the ends of a row, Escape leaves", () => {
  assert.equal(walk.next("Home", 3, along), 0);
  assert.equal(walk.next("End", null, along), 4);
  assert.equal(walk.next("Home", 6, grid), 4);
  assert.equal(walk.next("End", 6, grid), 7);
  assert.equal(walk.next("Escape", 2, along), null);
});

test("a matrix is walked in both directions, and its edges hold", () => {
  assert.equal(walk.next("ArrowDown", 1, grid), 5);
  assert.equal(walk.next("ArrowUp", 1, grid), 1);
  assert.equal(walk.next("ArrowRight", 3, grid), 3);
});

test("other keys, and keys without a place, are left to the page", () => {
  assert.equal(walk.next("ArrowUp", 2, along), undefined);
  assert.equal(walk.next("a", 2, along), undefined);
  assert.equal(walk.next("Escape", null, along), undefined);
  assert.equal(walk.next("ArrowLeft", null, { rows: 1, columns: 0 }), undefined);
});

test("a place that is gone becomes the last one", () => {
  assert.equal(walk.next("ArrowLeft", 9, along), 3);
});
