// Lag over the last minutes: what is true beside what the bot says, and what its preflight found.
import { h } from "./dom.js";

const KEPT_MS = 180_000;
const [WIDTH, HEIGHT] = [330, 56];
const NS = "http://www.w3.org/2000/svg";

// Every value the page has heard, by application and region; points older than three minutes are forgotten.
export class Curves {
  constructor() {
    this.series = new Map();
  }

  hear(applications, told, now = Date.now()) {
    for (const [name, app] of Object.entries(applications)) {
      for (const [region, lag] of Object.entries(app.lag_seconds || {})) {
        const said = told?.[name]?.lags?.[region];
        const points = this.of(name, region);
        points.push({ at: now, real: lag, said: said?.seconds ?? null });
        while (points.length && points[0].at < now - KEPT_MS) points.shift();
      }
    }
  }

  of(name, region) {
    const key = `${name} ${region}`;
    if (!this.series.has(key)) this.series.set(key, []);
    return this.series.get(key);
  }

  draw(name, app, told) {
    return Object.keys(app.lag_seconds || {}).map((region) => this.figure(name, region, app.lag_seconds[region], told?.lags?.[region]));
  }

  figure(name, region, real, said) {
    const points = this.of(name, region);
    const top = Math.max(1, ...points.flatMap((one) => [one.real, one.said ?? 0]));
    const text = `${region}: lag ${seconds(real)}; the bot says ${claim(said)}`;
    const picture = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, class: "curve", role: "img", "aria-label": `Lag of ${name} over three minutes, at most ${seconds(top)}. ${text}` },
      svg("line", { x1: 0, y1: HEIGHT - 1, x2: WIDTH, y2: HEIGHT - 1, class: "axis" }),
      ...lines(points, "real", top), ...lines(points, "said", top));
    return h("figure", { class: "lag" }, picture, h("figcaption", {}, h("span", { class: "key real" }, "true"), h("span", { class: "key said" }, "the bot"),
      h("span", {}, text), h("span", { class: "quiet" }, `top ${seconds(top)}`)));
  }
}

// What the last preflight found, the worst first.
export function findings(told) {
  if (!told) return h("p", { class: "quiet" }, "No worker answers: what the bot says is unknown.");
  if (told.preflight_age_s === null) return h("p", { class: "quiet" }, "No preflight was made yet.");
  const head = `Preflight ${told.preflight_age_s} s ago: ${told.findings.length ? "" : "nothing found"}`;
  return h("details", { class: "findings", open: told.findings.some((one) => one.severity === "blocking") },
    h("summary", {}, head, counts(told.findings)),
    h("ul", {}, told.findings.map((one) => h("li", {}, h("span", { class: `state finding-${one.severity}` }, one.severity),
      ` ${one.code}`, one.region ? ` in ${one.region}` : "", one.subject ? h("span", { class: "quiet" }, ` ${one.subject}`) : null)),
    told.more ? h("li", { class: "quiet" }, `${told.more} more; /dr readiness lists all`) : null));
}

function counts(found) {
  const names = [...new Set(found.map((one) => one.severity))];
  const count = (name) => found.filter((one) => one.severity === name).length;
  return names.map((name) => `${count(name)} ${name === "warning" && count(name) > 1 ? "warnings" : name}`).join(", ");
}

// A line for each stretch without a gap: unknown is no point, never zero.
function lines(points, key, top) {
  if (!points.length) return [];
  const first = points.at(-1).at - KEPT_MS;
  const stretches = [[]];
  for (const one of points) {
    if (one[key] === null) stretches.push([]);
    else stretches.at(-1).push(`${(((one.at - first) / KEPT_MS) * WIDTH).toFixed(1)},${(HEIGHT - 2 - (one[key] / top) * (HEIGHT - 6)).toFixed(1)}`);
  }
  return stretches.filter((one) => one.length > 1).map((one) => svg("polyline", { points: one.join(" "), class: key }));
}

function claim(said) {
  if (!said) return "nothing";
  if (said.seconds === undefined) return `${said.verdict || "unknown"}`;
  return `${seconds(said.seconds)}${said.age_s === undefined ? "" : `, measured ${said.age_s} s ago`}`;
}

function seconds(value) {
  return value < 10 ? `${Number(value).toFixed(1)} s` : `${Math.round(value)} s`;
}

function svg(tag, properties, ...children) {
  const element = document.createElementNS(NS, tag);
  for (const [name, value] of Object.entries(properties)) element.setAttribute(name, String(value));
  element.append(...children);
  return element;
}
