// Runs beside the one that is shown: what is kept of them, what they are called, and what of them is drawn.
import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./front.mjs";

const { beside } = load("chart", "cursor", "beside");
const controls = [
  { kind: "slider", name: "rate", symbol: "τ", label: "noise rate", words: ["0 %", "40 %"] },
  { kind: "slider", name: "width", symbol: "", label: "units", words: ["4", "64"] },
  { kind: "choice", name: "method", symbol: "", label: "method", words: ["ERM", "CDR"] },
  { kind: "cycle", name: "seed", symbol: "", label: "Next seed", words: ["0", "1"] },
];
const state = { rate: 0, width: 0, method: 0, seed: 0 };
const curve = (name, ...y) => ({ name, x: y.map((_, k) => k + 1), y, colour: "#123456", dash: "7 3" });

test("a setting is called by what differs, in short words", () => {
  const words = (other) => beside.differing(controls, { ...state, ...other }, state);
  assert.equal(words({ rate: 1 }), "τ 40 %");
  assert.equal(words({ method: 1 }), "CDR");
  assert.equal(words({ rate: 1, method: 1 }), "τ 40 %, CDR");
  assert.equal(words({ width: 1, seed: 1 }), "units 64, seed 1");
  assert.equal(words({}), "");
});

test("of a picture the curves and bars are kept, by epoch where they have epochs", () => {
  const parts = [{ kind: "curves", name: "history" }, { kind: "bars", name: "fates" }, { kind: "gallery", name: "gallery" }, { kind: "curves", name: "life" }];
  const timed = { per_epoch: { epoch: [1, 2], bars: [[{ value: 1 }], [{ value: 2 }]], captions: ["a", "b"] } };
  const picture = { history: { series: [curve("a", 1)], caption: "long" }, fates: timed, gallery: { items: [1] }, life: { of: {} } };
  assert.deepEqual(beside.kept(parts, picture), {
    history: { series: [curve("a", 1)] }, fates: { per_epoch: { epoch: [1, 2], bars: timed.per_epoch.bars } },
  });
});

const part = { kind: "curves", name: "history" };
const before = { name: "before: τ 40 %", kept: { history: { series: [curve("test", 5, 6), curve("here", 1), curve("chance", 0, 0)] } } };
const shown = { series: [curve("test", 1, 2), curve("chance", 0, 0)] };

test("the run before adds its curves, but no single point and nothing that is drawn already", () => {
  const { ghost } = beside.layered(part, shown, before, [], null);
  assert.deepEqual(ghost, { name: "before: τ 40 %", series: [curve("test", 5, 6)] });
  assert.equal("ghost" in beside.layered(part, { series: before.kept.history.series }, before, [], null), false);
  assert.equal("ghost" in beside.layered(part, shown, null, [], null), false);
});

test("a pin shows the epoch of the cursor, and an unfinished one shows nothing", () => {
  const timed = { history: { per_epoch: { epoch: [1, 2], series: [[curve("V", 1, 1)], [curve("V", 2, 2)]] } } };
  const pins = [{ n: 0, name: "CDR", kept: timed }, { n: 1, name: "GLC", kept: undefined }];
  const at = (k) => beside.layered(part, { series: [curve("V", 3, 3)] }, null, pins, k).pins;
  assert.deepEqual(at(0).map((pin) => [pin.n, pin.drawn[0].y]), [[0, [1, 1]]]);
  assert.deepEqual(at(null)[0].drawn[0].y, [2, 2]);
});

test("bars get the outline of the run before, and other kinds of parts nothing", () => {
  const bars = [{ name: "a", value: 0.5 }, { name: "b", value: 0.2 }];
  const outlines = (now) => beside.layered({ kind: "bars", name: "fates" }, { bars: now }, { name: "before: ERM", kept: { fates: { bars } } }, [], null).ghost;
  assert.deepEqual(outlines([{ name: "a", value: 0.4 }, bars[1]]), { name: "before: ERM", bars: [bars[0]] });
  assert.equal(outlines(bars), undefined);
  assert.deepEqual(beside.layered({ kind: "matrix", name: "T" }, { values: [] }, before, [], null), { values: [] });
});

test("the legend reads a pin beside the curve of the same name, and gives its other curves lines of their own", () => {
  const kept = { history: { series: [curve("test", 7, 8), curve("CDR: val", 3, 4)] } };
  const { pins } = beside.layered(part, shown, null, [{ n: 0, name: "CDR", kept }], null);
  const all = { ...shown, ghost: null, pins };
  const read = (c) => `${c.y.at(-1)}!`;
  assert.match(beside.others(all, { name: "test" }, read), /① 8!/);
  assert.equal(beside.others(all, { name: "chance" }, read), "");
  const own = beside.entries(all, read);
  assert.equal(beside.others(all, { name: "test", ...curve("test", 7, 8) }, read), "", "the same curve, no second value");
  assert.equal(beside.others(all, { name: "test" }, () => "–"), "", "no value, no line");
  assert.match(own, /① CDR: val.*4!/);
  assert.doesNotMatch(own, /① test/);
  assert.match(beside.rows(all, read), /CDR: test<\/th><td>8!/);
});

test("curves are read beside the only one that measures the same, whatever setting their names say", () => {
  const names_beside = (names, others) => Object.fromEntries([...beside.layered(part, { series: names.map((n, k) => curve(n, k, k)) }, null,
    [{ n: 0, name: "pin", kept: { history: { series: others.map((n, k) => curve(n, k + 9, k)) } } }], null).pins[0].pairs].map(([name, c]) => [name, c.name]));
  assert.deepEqual(names_beside(["GLC: test", "plain SGD: test"], ["Forward, true T: test", "plain SGD: test"]), { "GLC: test": "Forward, true T: test", "plain SGD: test": "plain SGD: test" });
  assert.deepEqual(names_beside(["test, SPL"], ["test, PRL(L)", "recall"]), { "test, SPL": "test, PRL(L)" });
  assert.deepEqual(names_beside(["ERM", "ELR"], ["ERM", "SPL"]), { ERM: "ERM" }, "another method is another curve");
  assert.deepEqual(names_beside(["SPL, ε = 30%: test", "ERM: test"], ["SPL, ε = 40%: test", "GCE: test"]),
    { "SPL, ε = 30%: test": "SPL, ε = 40%: test", "ERM: test": "GCE: test" }, "of the same method first");
  assert.deepEqual(names_beside(["a: test", "b: test"], ["c: test", "d: test"]), {}, "two would do");
});

test("the run before is not drawn twice where it is pinned", () => {
  const { ghost, pins } = beside.layered(part, shown, before, [{ n: 0, name: "τ 40 %", kept: before.kept }], null);
  assert.equal(ghost, undefined);
  assert.equal(pins[0].drawn.length, 1);
});

test("a curve that two pins share is drawn once, and both are read", () => {
  const kept = (...series) => ({ history: { series } });
  const two = [{ n: 0, name: "GCE", kept: kept(curve("test", 5, 6)) }, { n: 1, name: "ELR", kept: kept(curve("test", 5, 6), curve("belief", 3, 9)) }];
  const { pins } = beside.layered(part, shown, null, two, null);
  assert.deepEqual(pins.map((pin) => pin.drawn.map((c) => c.name)), [["test"], ["belief"]]);
  assert.match(beside.others({ pins }, shown.series[0], (c) => String(c.y.at(-1))), /① 6.*② 6/);
  const same = beside.layered(part, shown, null, [{ n: 0, name: "twin", kept: kept(...shown.series) }], null);
  assert.deepEqual(same.pins, [], "a pin that lies on the shown run has nothing to tell");
});
