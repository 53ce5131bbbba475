// The world beside the channel: what is true, and the switches that break it.
import { Curves, findings } from "./curves.js";
import { h, uniqueId } from "./dom.js";
import { get, post, remove } from "./api.js";

const REGION_FAULTS = [
  ["region_hangs", "Hang", "connections open and nothing answers", {}],
  ["replication_stops", "Stop replication", "out of this region", {}],
  ["replication_lag", "Replication lag 120 s", "", { value: 120 }],
  ["metrics_stop", "Stop metrics", "no new data points", {}],
  ["throttle", "Throttle calls", "AWS asks for fewer", {}],
  ["error_after", "Fail after the effect", "the next call works but answers 500", { value: 1 }],
  ["capacity_short", "No capacity", "tasks do not start", {}],
  ["quota_short", "Quota too small", "2 vCPUs are allowed in the region", { value: 2 }],
];
const PLACE_FAULTS = [
  ["slack_down", "Slack down"], ["slack_429", "Slack rate limits"], ["bot_killed", "Kill the bot"],
  ["worker_killed", "Kill the worker"], ["worker_paused", "Pause the worker"],
];
const SPEEDS = [1, 10, 60, 300, 1000];
const open = new Set();

export class World {
  constructor(root, fail) {
    this.root = root;
    this.fail = fail;
    this.state = null;
    this.last = "";
    this.curves = new Curves();
  }

  show(state) {
    this.state = state;
    for (const fault of state.faults) delete fault.ends_in_s;
    this.curves.hear(state.world.applications, state.told);
    const version = JSON.stringify([state.world.regions, state.world.applications, state.told, state.faults, state.processes, state.speed]);
    if (version === this.last) return;
    this.last = version;
    const focused = document.activeElement?.dataset?.name;
    const top = this.root.scrollTop;
    this.root.replaceChildren(this.head(), this.regions(), this.applications(), this.services(), this.faults(), this.calls());
    this.root.scrollTop = top;
    if (focused) this.root.querySelector(`[data-name="${CSS.escape(focused)}"]`)?.focus();
  }

  async run(work) {
    try {
      await work();
      this.fail("");
    } catch (error) {
      this.fail(error.message);
    }
  }

  active(kind, region) {
    return this.state.faults.filter((one) => one.kind === kind && (one.region ?? null) === (region ?? null));
  }

  async flip(kind, region, rest) {
    const present = this.active(kind, region);
    if (present.length) for (const fault of present) await remove(`/api/faults/${fault.id}`);
    else await post("/api/faults", { kind, region: region ?? undefined, ...rest });
  }

  head() {
    const id = uniqueId("speed");
    const speeds = [...new Set([...SPEEDS, this.state.speed])].sort((a, b) => a - b);
    return h("header", {}, h("h2", {}, "The world"),
      h("div", { class: "speed" }, h("label", { for: id }, "Speed"),
        h("select", { id, "data-name": "speed", onchange: (event) => this.run(() => post("/api/speed", { speed: Number(event.target.value) })) },
          speeds.map((one) => h("option", { value: one, selected: one === this.state.speed }, `${one}\u00d7`)))),
      h("p", { class: "quiet" }, `Simulated AWS services run ${this.state.speed} times faster than real ones. Time stamps are real.`));
  }

  switch(name, on, flip, hint) {
    return h("button", {
      type: "button", role: "switch", class: "switch", "aria-checked": String(on), "aria-label": name.full, "data-name": name.full,
      title: hint || undefined, onclick: () => this.run(flip),
    }, h("span", { class: "knob", "aria-hidden": "true" }), name.short);
  }

  regions() {
    return h("section", { "aria-label": "Regions" }, h("h3", {}, "Regions"),
      Object.entries(this.state.world.regions).map(([region, { up }]) => this.region(region, up)));
  }

  region(region, up) {
    const down = this.active("region_down", region).length > 0;
    const hangs = this.active("region_hangs", region).length > 0;
    const word = up && !hangs ? "up" : down ? "down" : hangs ? "hangs" : "down";
    const action = down ? `Bring ${region} back` : `Take ${region} down`;
    const more = h("details", { open: open.has(region) }, h("summary", {}, "More ways to break it"),
      h("div", { class: "switches" }, REGION_FAULTS.map(([kind, short, hint, rest]) => this.switch(
        { short, full: `${short} in ${region}` }, this.active(kind, region).length > 0, () => this.flip(kind, region, rest), hint))));
    more.addEventListener("toggle", () => (more.open ? open.add(region) : open.delete(region)));
    return h("div", { class: `region ${word}`, role: "group", "aria-label": `Region ${region}` },
      h("p", { class: "region-name" }, h("strong", {}, region), h("span", { class: `state ${word}` }, word)),
      h("button", {
        type: "button", class: down ? "primary" : "danger", "data-name": `main ${region}`, "aria-label": action,
        onclick: () => this.run(() => this.flip("region_down", region, {})),
      }, down ? "Bring back" : "Take down"), more);
  }

  applications() {
    return h("section", { "aria-label": "Applications" }, Object.entries(this.state.world.applications).map(([name, app]) => this.application(name, app)));
  }

  application(name, app) {
    const regions = [...new Set(["weights", "lag_seconds", "running"].flatMap((key) => Object.keys(app[key] || {})).concat(app.writers || [], app.answers || []))];
    regions.sort((a, b) => this.order(a) - this.order(b));
    const consumes = Object.keys(app.consuming || {}).length > 0;
    const heads = ["Region", "DNS weight", "Answers", "Lag", "Running", ...(consumes ? ["Consumes"] : [])];
    const cells = (region) => [
      shown(app.weights?.[region]),
      app.answers?.includes(region) ? h("span", { class: "state answers" }, "yes") : shown(null),
      seconds(app.lag_seconds?.[region]),
      shown(app.running?.[region]),
      ...(consumes ? [shown(app.consuming[region]?.join(", ") || null)] : []),
    ];
    const place = (region) => [region, h("span", { class: app.writers?.includes(region) ? "state writer" : "state reader" },
      app.writers?.includes(region) ? "writer" : "not the writer")];
    const told = this.state.told?.[name];
    return h("div", { class: "application" }, h("h3", {}, name),
      h("table", { "aria-label": `State of ${name}` },
        h("thead", {}, h("tr", {}, heads.map((one) => h("th", { scope: "col" }, one)))),
        h("tbody", {}, regions.map((region) => h("tr", {}, h("th", { scope: "row" }, place(region)), cells(region).map((one) => h("td", {}, one)))))),
      this.curves.draw(name, app, told), this.found(name, told));
  }

  found(name, told) {
    const shown = findings(told);
    if (shown.tagName !== "DETAILS") return shown;
    const key = `findings ${name}`;
    if (open.has(key)) shown.open = true;
    else if (open.has(`closed ${key}`)) shown.open = false;
    shown.addEventListener("toggle", () => {
      open.delete(shown.open ? `closed ${key}` : key);
      open.add(shown.open ? key : `closed ${key}`);
    });
    return shown;
  }

  order(region) {
    return Object.keys(this.state.world.regions).indexOf(region);
  }

  services() {
    const states = Object.entries(this.state.processes).map(([name, state]) => h("span", { class: `state process-${state}` }, `${name} ${state}`));
    return h("section", { "aria-label": "Slack and processes" }, h("h3", {}, "Slack and processes"),
      h("p", { class: "states" }, states),
      h("div", { class: "switches" }, PLACE_FAULTS.map(([kind, short]) => this.switch(
        { short, full: short }, this.active(kind).length > 0, () => this.flip(kind, null, {})))));
  }

  faults() {
    const count = this.state.faults.length;
    return h("section", { class: "mend", "aria-label": "Faults" },
      h("p", { class: "quiet", role: "status" }, count ? `${count} ${count === 1 ? "thing is" : "things are"} broken` : "Nothing is broken"),
      h("button", { type: "button", class: "plain", "data-name": "mend", disabled: !count, onclick: () => this.run(() => remove("/api/faults")) }, "Mend everything"));
  }

  calls() {
    const list = h("ol", { class: "calls" });
    const load = async () => {
      const { calls } = await get("/api/world/calls");
      const recent = calls.slice(-30).reverse();
      list.replaceChildren(...(recent.length ? recent.map(callLine) : [h("li", { class: "quiet" }, "None yet")]));
    };
    const details = h("details", { open: open.has("calls") }, h("summary", {}, "AWS calls that change something"), list);
    details.addEventListener("toggle", () => {
      if (!details.open) return open.delete("calls");
      open.add("calls");
      return this.run(load);
    });
    if (details.open) this.run(load);
    return h("section", { "aria-label": "AWS calls" }, details);
  }
}

const shown = (value) => (value === undefined || value === null ? h("span", { class: "quiet" }, "\u2013") : String(value));

function seconds(value) {
  if (value === undefined || value === null) return shown(value);
  return value < 10 ? `${Number(value).toFixed(1)} s` : `${Math.round(value)} s`;
}

function callLine(call) {
  const time = new Date(call.time);
  const clock = Number.isNaN(time.getTime()) ? "" : time.toTimeString().slice(0, 8);
  return h("li", {}, h("time", {}, clock), ` ${call.service} ${call.operation} `, h("span", { class: "quiet" }, `${call.region} \u00b7 ${call.purpose || "no purpose"} \u00b7 ${call.status ?? "no answer"}`));
}
