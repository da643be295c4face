// The guess: what counts as one, where it applies, how it stands to the band, and how a curve is drawn by strokes.
import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./front.mjs";

const { guess, form } = load("chart", "curves", "guess", "form");
const share = { words: "How many?", unit: "percent", part: "shares", x: 0.4, setting: { noise: 3, rate: 8 }, low: 0.14, high: 0.18, seeds: 5 };
const curve = { words: "How many, and when?", unit: "percent", part: "history", x: [1, 2, 3, 4], setting: {}, low: [0.1, 0.5, 0.6, 0.2], high: [0.2, 0.6, 0.8, 0.2], seeds: 5 };
const made = (value, more) => ({ value, sure: "", why: "", skipped: false, ...more });

test("a guess of earlier versions was a plain value, and what answers no such question is none", () => {
  assert.deepEqual(guess.read(share, 0.4), made(0.4));
  assert.deepEqual(guess.read(share, made(0.4, { sure: "very" })), made(0.4, { sure: "very" }));
  assert.equal(guess.read(curve, 0.4), null); // the question is about a curve by now
  assert.deepEqual(guess.read(curve, [0, 0.5, 1, 0.25]).value, [0, 0.5, 1, 0.25]);
  for (const wrong of [1.2, -0.1, NaN, "half", {}, made(null), [0.1]]) assert.equal(guess.read(share, wrong), null);
  assert.equal(guess.read(curve, [0, 0.5, null, 0.25]), null);
  assert.deepEqual(guess.read(share, made(null, { skipped: true })), made(null, { skipped: true }));
  assert.equal(guess.read({ unit: "choice", options: ["a", "b"] }, "c"), null);
});

test("a guess applies where all controls of its setting stand there, whatever the others say", () => {
  assert.equal(guess.agrees(share, { noise: 3, rate: 8, seed: 1 }), true);
  assert.equal(guess.agrees(share, { noise: 0, rate: 8, seed: 0 }), false);
  assert.equal(guess.agrees(curve, { noise: 0 }), true);
  const controls = [{ name: "rate", label: "rate", words: { 8: "40 %" } }, { name: "noise", label: "noise", words: { 3: "asymmetric" } }, { name: "seed", label: "seed", words: [] }];
  assert.equal(guess.setting(share, controls), "rate 40 %, noise asymmetric");
});

test("a guess is inside of the band, or off by what lies between", () => {
  assert.equal(guess.verdict(share, 0.15), "inside");
  assert.equal(guess.verdict(share, 0.4), "22 points too high");
  assert.equal(guess.verdict(share, 0), "14 points too low");
  assert.equal(guess.verdict({ ...share, unit: "number", low: -0.2, high: 0.01 }, 0.6), "0.59 too high");
  assert.equal(guess.verdict({ unit: "choice", low: "ELR", high: "ERM" }, "ERM"), "right");
});

test("a curve is inside at some epochs, and off by the mean distance at the others", () => {
  assert.equal(guess.verdict(curve, [0.15, 0.55, 0.7, 0.2]), "4 of 4 epochs inside");
  assert.equal(guess.verdict(curve, [0.1, 0.6, 0.9, 0.5]), "2 of 4 epochs inside, 20 points outside on average at the others");
  assert.equal(guess.written(curve, curve.low, curve.high), "10% to 20% at epoch 1, 60% to 80% at epoch 3, 20% at epoch 4");
  assert.match(guess.score(curve, made([0.1, 0.6, 0.9, 0.5], { sure: "fairly" })), /^You guessed .*, fairly sure\. Measured: .* \(5 seeds\)\. 2 of 4 epochs/);
  assert.equal(guess.score(share, made(null, { skipped: true })), "You skipped the guess.");
});

test("marks stand in the part of the question alone, and none without a guess", () => {
  const part = { name: "shares", kind: "curves" };
  const traits = { series: [{ name: "measured", x: [], y: [] }] };
  const names = (question, kept, of = part) => guess.marks(of, traits, question, kept).series.map((one) => one.name);
  assert.deepEqual(names(share, made(0.4)), ["measured", "your guess", "measured, 5 seeds"]);
  assert.deepEqual(names(share, made(null, { skipped: true })), ["measured"]);
  assert.deepEqual(names(share, made(0.4), { name: "gallery", kind: "gallery" }), ["measured"]);
  assert.deepEqual(names(curve, made([0, 0, 0, 0]), { name: "history", kind: "curves" }), ["measured", "your guess", "measured, 5 seeds"]);
  assert.deepEqual(guess.marks({ name: "shares", kind: "bars" }, {}, { ...share, x: "ERM" }, made(0.4)).guess, { name: "ERM", value: 0.4 });
});

test("a stroke of the pointer fills what it passes, and the rest of the curve follows from it", () => {
  const none = [null, null, null, null, null];
  const one = guess.stroke(none, { k: 3, value: 0.6 }, { k: 1, value: 0.2 });
  assert.deepEqual(one.map((v) => v && +v.toFixed(6)), [null, 0.2, 0.4, 0.6, null]);
  assert.deepEqual(guess.stroke(none, { k: 2, value: 0.6 }, { k: 2, value: 0.5 }), [null, null, 0.5, null, null]);
  assert.deepEqual(guess.whole([null, 0.2, null, 0.6, null], [1, 2, 3, 4, 5]).map((v) => +v.toFixed(6)), [0.2, 0.2, 0.4, 0.6, 0.6]);
  assert.deepEqual(guess.whole(none, [1, 2, 3, 4, 5]), none);
});

test("the handle and the field agree", () => {
  const axis = form.axis(share, { ylim: [0, 1] });
  assert.equal(axis.valueAt(0.254), 0.25);
  assert.equal(axis.valueAt(7), 1); // beyond the end of the axis
  assert.equal(form.toField(axis.valueAt(0.07), "percent"), "7");
  assert.equal(form.fromField("7", "percent"), 0.07);
  assert.equal(form.fromField(" ", "percent"), null);
  assert.equal(form.fromField("-0.2", "number"), -0.2);
  const far = form.axis({ unit: "number", x: 20 }, { ylim: [-0.5, 1] });
  assert.equal(far.within(-3), -0.5);
});
