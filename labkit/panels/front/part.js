// One picture of a panel: what it is drawn from, and what the reader has done in it. It is the model of its kind's `render`.

const KINDS = { curves, scatter, bars, matrix, gallery, faces, table, world };

// What a part sees as its model: what is declared, what is shown, and what is selected in it.
class Part {
  constructor({ kind, name, traits }, chosen, marked) {
    Object.assign(this, { kind, name, declared: traits, shown: {}, own: { selected: -1 }, heard: new Map(), chosen, marked });
  }
  get(key) { return this.own[key] ?? this.shown[key] ?? this.declared[key] ?? KINDS[this.kind].DEFAULTS[key]; }
  set(key, value) {
    this.own[key] = value;
    this.tell([key]);
    if (key === "selected") this.chosen();
    if (key === "marks") this.marked(this.name, value);
  }
  save_changes() {}
  on(event, call) { this.heard.set(event, [...(this.heard.get(event) ?? []), call]); }
  off(event, call) { this.heard.set(event, (this.heard.get(event) ?? []).filter((other) => other !== call)); }
  tell(keys) { keys.forEach((key) => (this.heard.get(`change:${key}`) ?? []).forEach((call) => call())); }
  show(traits) {
    const keys = new Set([...Object.keys(this.shown), ...Object.keys(traits)]);
    this.shown = traits;
    this.tell([...keys]);
  }
}


export default { KINDS, Part };
