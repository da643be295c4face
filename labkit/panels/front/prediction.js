// The question alone, where a lesson asks it: in a cell of a notebook, or on a page. It shows no answer: once the guess
// is made it says what was guessed, and the panel further down says the rest.

const { esc } = chart;

function render({ model, el }) {
  el.classList.add("lk-prediction");
  el.setAttribute("role", "region");
  el.setAttribute("aria-label", `${model.get("title")}: your guess`);
  const keys = (event) => { // what the form understands must not move the notebook's cells
    if (!event.ctrlKey && !event.metaKey && !event.altKey && !["Escape", "Tab"].includes(event.key)) event.stopPropagation();
  };
  el.addEventListener("keydown", keys);
  const own = { undo() {}, open: false, mine: false };
  const show = () => {
    const question = model.get("question");
    const made = guess.read(question, model.get("guess"));
    own.undo();
    own.undo = () => {};
    if (!made || own.open) {
      own.undo = form.make(el, model, (given) => {
        const late = own.open;
        own.open = false;
        own.mine = true;
        model.set("guess", late ? { ...given, skipped: true } : given);
        model.save_changes();
      });
      return;
    }
    el.innerHTML = `<p class="lk-question">${esc(question.words)}</p><p class="lk-score" tabindex="-1" role="status">${esc(guess.guessed(question, made))} ` +
      `${guess.has(made) ? "The panel further down shows what came out." : ""}</p>` + (guess.has(made) ? "" : '<button type="button" class="lk-after-all">Make it after all</button>');
    el.querySelector(".lk-after-all")?.addEventListener("click", () => { own.open = true; show(); el.querySelector("input, [tabindex]")?.focus(); });
    if (own.mine) el.querySelector(".lk-score").focus({ preventScroll: true });
    own.mine = false;
  };
  model.on("change:guess", show);
  show();
  return () => {
    own.undo();
    model.off?.("change:guess", show);
    el.removeEventListener("keydown", keys);
  };
}

export default { render };
