// What the browser tests ask a page; `browser` puts it into every page as `seen`.
window.seen = {
  panel: () => document.querySelector(".lk-curves"),

  // the measured curves of the first panel, as SVG paths
  curves: () => [...seen.panel().querySelectorAll(".lk-moving > .lk-path")]
    .filter((path) => !path.dataset.name.startsWith("your guess")).map((path) => path.getAttribute("d")).join("|"),

  // is the first panel trained, or has it failed?
  done: () => {
    const panel = seen.panel();
    if (panel?.querySelector(".lk-error").textContent) return true;
    return panel && !panel.querySelector(".lk-busy") && seen.curves().split("|").length === 4;
  },

  // from now on, note in every frame what the slider and the panel look like
  log: () => {
    const frames = [];
    const handle = document.querySelector(".noUi-origin").style;
    const area = seen.panel().closest(".jp-OutputArea");
    const look = () => {
      frames.push({
        ms: performance.now(), slider: handle.transform, picture: seen.panel().querySelector(".lk-moving").innerHTML,
        curves: seen.curves(), busy: !!seen.panel().querySelector(".lk-busy"), height: area.offsetHeight,
      });
      if (seen.frames === frames) requestAnimationFrame(look);
    };
    seen.frames = frames;
    requestAnimationFrame(look);
  },
  logged: () => {
    const { frames } = seen;
    seen.frames = null;
    return frames;
  },

  // contrast ratio of every text that the selector finds, as WCAG defines it
  contrast: (wanted) => [...document.querySelectorAll(wanted)].filter((el) => el.textContent.trim()).map((el) => {
    const style = getComputedStyle(el);
    const ink = rgb(el instanceof SVGElement ? style.fill : style.color);
    const [paper, a] = [under(el), ink.a * Number(style.opacity)];
    const [high, low] = [ink.c.map((v, k) => a * v + (1 - a) * paper[k]), paper].map(light).sort((p, q) => q - p);
    return [el.textContent.trim(), (high + 0.05) / (low + 0.05)];
  }),
};

function rgb(text) {
  const v = text.match(/[\d.]+/g).map(Number);
  const scale = text.startsWith("color(") ? 255 : 1;
  return { c: v.slice(0, 3).map((k) => k * scale), a: v[3] ?? 1 };
}

function light(c) {
  const linear = c.map((v) => v / 255).map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
  return linear.reduce((sum, v, k) => sum + v * [0.2126, 0.7152, 0.0722][k], 0);
}

function under(el) {
  for (let e = el; e; e = e.parentElement) {
    const { c, a } = rgb(getComputedStyle(e).backgroundColor);
    if (a > 0.99) return c;
  }
  return [255, 255, 255];
}
