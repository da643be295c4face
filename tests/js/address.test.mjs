// The state in the address: written, read, and what is not understood.
import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./front.mjs";

const { address } = load("address");
const controls = [
  { name: "rate", values: [0, 0.4, 0.6], words: ["0 %", "40 %", "60 %"] },
  { name: "noise", values: ["symmetric", "pairflip 45 %"], words: ["symmetric", "pairflip 45 %"] },
  { name: "method", values: ["Forward, true T", "GLC"], words: ["Forward, true T", "GLC"] },
];
const names = { controls, points: { world: 18 } };
const start = { rate: 0, noise: 0, method: 0 };
const read = (hash, more = {}) => address.parse(hash, { ...names, ...more }, start);

test("an address is written in words and read again", () => {
  const what = { state: { rate: 2, noise: 1, method: 0, marks: { world: [5, 17] } }, pins: [{ rate: 1, noise: 0, method: 0 }, { rate: 2, noise: 1, method: 1 }] };
  for (const prefix of ["", "09."]) {
    const hash = address.format({ ...names, prefix }, what);
    assert.deepEqual(read(`#${hash}`, { prefix }), { ...what, wrong: [] });
  }
  assert.equal(address.format(names, { state: start }), "rate=0&noise=symmetric&method=Forward,+true+T");
});

test("what somebody types is understood", () => {
  for (const typed of ["rate=.6", "rate=0.60", "rate=60%25", "rate=60 %"]) assert.equal(read(`#${typed}`).state.rate, 2, typed);
  assert.equal(read("#noise=PairFlip 45%25").state.noise, 1);
});

test("wrong names and values are named and leave the start as it is", () => {
  const found = read("#rate=0.5&noise=pairflip 45 %25&colour=red&world=5,18&pin=0.6;GLC");
  assert.deepEqual(found.state, { rate: 0, noise: 1, method: 0 });
  assert.deepEqual(found.wrong, ["rate=0.5", "colour=red", "world=5,18", "pin=0.6;GLC"]);
  assert.match(address.remark(found.wrong), /rate=0.5 and colour=red/);
  assert.equal(address.remark([]), "");
  assert.deepEqual(read("#rate=").wrong, ["rate="]);
});

test("an anchor of the page says nothing, and a panel hears only what is meant for it", () => {
  assert.equal(read("#5-play"), null);
  assert.equal(read(""), null);
  assert.equal(read("#01.rate=0.6", { prefix: "02." }), null);
  assert.deepEqual(read("#01.rate=0.6&02.rate=0.4", { prefix: "02." }).state, { ...start, rate: 1 });
});

test("the change of one panel leaves what the address says of another", () => {
  assert.equal(address.joined("#01.rate=0.6&02.rate=0.4", "#02.rate=0", "02."), "#01.rate=0.6&02.rate=0");
  assert.equal(address.joined("#5-play", "#02.rate=0", "02."), "#02.rate=0");
  assert.equal(address.joined("#rate=0.4", "#rate=0", ""), "#rate=0");
});
