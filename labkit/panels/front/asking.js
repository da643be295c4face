// What a panel does with the guess: until it is made or skipped, the question stands in the place of all pictures; then
// the truth draws itself over it, and guess and band stay as marks where the question applies.

const { esc } = chart;
const SECONDS = 1.1; // the reveal in guess.css, and a little

// The panel with nothing but its question. open: a reader who skipped it asks for it again.
function cover(panel, own) {
  const { model, el } = panel;
  const waits = own.open || (model.get("asks") && !own.guess());
  el.dataset.asking = waits ? "1" : "0";
  own.place.hidden = !waits;
  if (waits && !own.place.firstElementChild) own.undo = form.make(own.place, model, (made) => keep(panel, own, made));
  if (!waits && own.place.firstElementChild) {
    own.undo();
    own.place.replaceChildren();
  }
}

function keep({ model }, own, made) {
  const skippedBefore = own.open;
  own.open = false;
  own.back = true; // the focus goes from the form to what it becomes
  model.set("guess", skippedBefore ? { ...made, skipped: true } : made);
  model.save_changes();
}

function foot({ model, find }, own) {
  const place = find("foot");
  const question = model.get("question");
  const made = own.guess();
  const agrees = guess.agrees(question, model.get("state"));
  const said = made ? guess.score(question, made) : "";
  if (place.dataset.said === said && place.dataset.agrees === String(agrees)) return;
  Object.assign(place.dataset, { said, agrees });
  if (!made) { place.replaceChildren(); return; }
  place.innerHTML = `<div class="lk-told"><span class="lk-question">${esc(question.words)}</span> <span class="lk-score" tabindex="-1">${esc(said)}</span></div>` +
    (guess.has(made) ? '<button type="button" class="lk-there">To its setting</button>' : '<button type="button" class="lk-after-all">Make it after all</button>');
  const there = place.querySelector(".lk-there");
  there?.addEventListener("click", () => controls.ask(model, { ...model.get("state"), ...question.setting }));
  there?.style.setProperty("visibility", agrees ? "hidden" : "visible");
  place.querySelector(".lk-after-all")?.addEventListener("click", () => { own.open = true; own.again(); own.place.querySelector("input, [tabindex]")?.focus(); });
}

// Draw the truth over the guess, once the reader sees the picture.
function reveal({ el, model }, own) {
  const box = el.querySelector(`.lk-part[data-part="${model.get("question").part}"]`);
  if (!box) return;
  box.dataset.reveal = "waits";
  own.sight = new IntersectionObserver((seen) => {
    if (!seen.some((one) => one.isIntersecting)) return;
    own.sight.disconnect();
    box.dataset.reveal = "1";
    own.timer = setTimeout(() => { delete box.dataset.reveal; }, 1000 * SECONDS);
  }, { threshold: 0.4 });
  own.sight.observe(box);
}

// The guess has been made, here or in another cell: the panel goes where the question applies.
function answered(panel, own) {
  const { model, find } = panel;
  const state = { ...model.get("state"), ...model.get("question").setting };
  if (!shown.same(state, model.get("state"))) controls.ask(model, state);
  reveal(panel, own);
}

function make(panel) {
  const { model, find } = panel;
  const question = model.get("question");
  if (!question?.words) return {};
  const own = { place: document.createElement("div"), open: false, undo() {}, again: panel.again, guess: () => guess.read(question, model.get("guess")) };
  own.place.className = "lk-guess";
  find("top").after(own.place);
  let before = own.guess();
  return {
    show() {
      const now = own.guess();
      cover(panel, own);
      foot(panel, own);
      if (guess.has(now) && !guess.has(before)) answered(panel, own);
      else if (model.get("fresh")) { model.set("fresh", false); model.save_changes(); reveal(panel, own); }
      before = now;
      if (own.back && now) { own.back = false; find("foot").querySelector(".lk-score")?.focus({ preventScroll: true }); }
    },
    layer: (part, traits) => (guess.agrees(question, model.get("state")) ? guess.marks(part, traits, question, own.guess()) : traits),
    stop() { own.undo(); own.sight?.disconnect(); clearTimeout(own.timer); },
  };
}

export default { make };
