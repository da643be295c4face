// Slides out of the cells of a notebook. A heading begins a slide; what does not fit goes on to the next one; what does not
// fit alone scrolls. Right, space and page down go on; left, shift+space and page up go back; Home, End; N shows hints;
// F fills the screen. Nothing is scaled by transforms, so that a panel's pointer stays where the mouse is.
(() => {
const deck = document.getElementById("deck");
const number = document.getElementById("number");
const HEADING = /^H[1-3]$/;
const TYPING = "input:not([type=range]), textarea, select, [contenteditable]";
const GRABS = "input, button, select, summary, a, textarea";
const blocks = [...document.querySelectorAll("#cells > .cell")].flatMap(pieces);
let slides = [];
let here = 0;

// The pieces of a cell that may stand on different slides, in order. -> [{node, kind}]
function pieces(cell) {
  const kind = cell.dataset.kind;
  if (kind === "notes") {
    const aside = document.createElement("aside");
    aside.className = "notes";
    aside.append(...cell.childNodes);
    return [{ node: aside, kind }];
  }
  const found = [...cell.children].flatMap((child) => (child.matches(".prose, .outputs") ? [...child.children] : [child]));
  if (cell.querySelector(".panel-place")) found.splice(0, found.length, ...found.filter((node) => !node.matches(".code"))); // no room for its call
  return found.map((node, k) => ({ node, kind: k === 0 && kind === "slide" ? "slide" : "" }));
}

function fresh(heading, part) {
  const slide = document.createElement("section");
  slide.className = "slide";
  slide.setAttribute("aria-roledescription", "slide");
  slide.innerHTML = '<header><h2></h2></header><div class="body"></div>';
  slide.querySelector("h2").innerHTML = heading + (part > 1 ? `<small>${part}</small>` : "");
  deck.append(slide);
  return { slide, body: slide.lastElementChild, heading, part, title: false };
}

function words(node) {
  const copy = node.cloneNode(true);
  copy.querySelectorAll(".anchor-link").forEach((link) => link.remove());
  return copy.innerHTML;
}

const full = ({ body }) => body.scrollHeight > body.clientHeight + 1;
const bare = ({ body }) => !body.querySelector(":scope > :not(.notes)");

// Put every block on a slide. The reading of heights makes the browser lay out again and again: once per block.
function paginate() {
  const mark = slides[here]?.first;
  deck.replaceChildren();
  slides = [];
  let now = null;
  const begin = (heading, part = 1) => {
    if (now && bare(now) && !now.title) { now.slide.remove(); slides.pop(); }
    now = fresh(heading, part);
    slides.push(now);
  };
  for (const { node, kind } of blocks.filter((block) => !block.node.hidden)) { // what waits for the guess has no slide
    if (HEADING.test(node.tagName)) {
      begin(words(node));
      now.title = node.tagName === "H1";
      now.slide.classList.toggle("title", now.title);
      now.first = node;
      continue;
    }
    if (!now) begin("");
    if (now.title && !node.matches("p, .notes")) begin(now.heading, 2);
    if ((kind === "slide" || node.matches(".panel-place")) && !bare(now)) begin(now.heading, now.part + 1);
    now.body.append(node);
    now.first ??= node;
    if (full(now) && now.body.children.length > 1 && kind !== "notes") {
      begin(now.heading, now.part + 1);
      now.body.append(node);
      now.first = node;
    }
  }
  if (now && bare(now) && !now.title) { now.slide.remove(); slides.pop(); }
  slides.forEach(({ body }) => { if (full({ body })) body.tabIndex = 0; });
  const back = slides.findIndex(({ first }) => first === mark);
  go(mark && back >= 0 ? back : Math.min(here, slides.length - 1));
}

function go(k) {
  here = Math.max(0, Math.min(slides.length - 1, k));
  slides.forEach(({ slide }, i) => {
    slide.classList.toggle("on", i === here);
    slide.inert = i !== here;
    slide.setAttribute("aria-hidden", i !== here);
  });
  number.textContent = `${here + 1} / ${slides.length}`;
  history.replaceState(null, "", `#${here + 1}`);
}

const KEYS = {
  ArrowRight: () => go(here + 1), PageDown: () => go(here + 1),
  ArrowLeft: () => go(here - 1), PageUp: () => go(here - 1),
  Home: () => go(0), End: () => go(slides.length - 1),
  n: () => document.body.classList.toggle("hints"),
  f: () => (document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen?.()),
};

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey) return;
  const at = event.target instanceof Element ? event.target : document.body;
  if (event.key === "Escape") { document.activeElement?.blur(); return; }
  if (at.closest(TYPING) || (at.matches("input[type=range]") && event.key !== "PageDown" && event.key !== "PageUp")) return;
  const step = event.key === " " && !at.closest(GRABS) ? () => go(here + (event.shiftKey ? -1 : 1)) : KEYS[event.key];
  if (!step) return;
  event.preventDefault();
  step();
});
document.querySelectorAll("[data-step]").forEach((button) => button.addEventListener("click", () => go(here + Number(button.dataset.step))));
window.addEventListener("hashchange", () => go(Number(location.hash.slice(1)) - 1));
let waiting = 0;
let width = innerWidth;
let height = innerHeight;
window.addEventListener("resize", () => {
  clearTimeout(waiting);
  waiting = setTimeout(() => {
    if (width === innerWidth && height === innerHeight) return;
    [width, height] = [innerWidth, innerHeight];
    paginate();
  }, 150);
});

// Figures are as large as their letters: 16 of their pixels are a rem; higher than the room they never are.
document.querySelectorAll("#cells figure img").forEach((img) => {
  const [w, h] = [img.getAttribute("width"), img.getAttribute("height")];
  if (w) Object.assign(img.style, { width: `min(${(w / 16) * 1.1}rem, ${(w / h) * 74}vh)`, maxWidth: "100%", height: "auto", aspectRatio: `${w} / ${h}` });
});
here = Math.max(0, Number(location.hash.slice(1)) - 1 || 0);
paginate();
// panels and guesses come a moment later, and change heights
const find = (node) => go(slides.findIndex(({ slide }) => slide.contains(node)));
window.labkitSlides = { paginate, find, count: () => slides.length, here: () => here, ready: Promise.all([document.fonts.ready, window.labkitPanels ?? 0]).then(paginate) };
})();
