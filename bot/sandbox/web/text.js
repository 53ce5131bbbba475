// Slack's mrkdwn as DOM: bold, italic, strike, code, quotes, links, mentions, dates and emoji.
import { h } from "./dom.js";

const EMOJI = {
  large_green_circle: "🟢", large_yellow_circle: "🟡", large_orange_circle: "🟠", red_circle: "🔴", large_red_circle: "🔴",
  white_circle: "⚪", black_circle: "⚫", large_blue_circle: "🔵", large_purple_circle: "🟣", white_check_mark: "✅",
  heavy_check_mark: "✔️", ballot_box_with_check: "☑️", x: "❌", no_entry: "⛔", no_entry_sign: "🚫", octagonal_sign: "🛑",
  warning: "⚠️", rotating_light: "🚨", bangbang: "‼️", exclamation: "❗", question: "❓", grey_question: "❔",
  information_source: "ℹ️", hourglass: "⌛", hourglass_flowing_sand: "⏳", clock1: "🕐", alarm_clock: "⏰", stopwatch: "⏱️",
  timer_clock: "⏲️", arrow_right: "➡️", arrow_left: "⬅️", arrows_counterclockwise: "🔄", repeat: "🔁", rewind: "⏪",
  fast_forward: "⏩", double_vertical_bar: "⏸️", pause_button: "⏸️", arrow_forward: "▶️", black_square_for_stop: "⏹️",
  lock: "🔒", unlock: "🔓", key: "🔑", closed_lock_with_key: "🔐", shield: "🛡️", bell: "🔔", no_bell: "🔕", mega: "📣",
  loudspeaker: "📢", memo: "📝", clipboard: "📋", scroll: "📜", page_facing_up: "📄", bar_chart: "📊", mag: "🔍",
  chart_with_upwards_trend: "📈", chart_with_downwards_trend: "📉", moneybag: "💰", calendar: "📅", date: "📅", link: "🔗",
  gear: "⚙️", wrench: "🔧", hammer_and_wrench: "🛠️", construction: "🚧", fire: "🔥", boom: "💥", zap: "⚡", snowflake: "❄️",
  rocket: "🚀", ambulance: "🚑", lifebuoy: "🛟", sos: "🆘", skull: "💀", ghost: "👻", eyes: "👀", wave: "👋", "+1": "👍",
  thumbsup: "👍", "-1": "👎", thumbsdown: "👎", raised_hand: "✋", hand: "✋", point_right: "👉", bust_in_silhouette: "👤",
  busts_in_silhouette: "👥", robot_face: "🤖", globe_with_meridians: "🌐", earth_africa: "🌍", cloud: "☁️", package: "📦",
  floppy_disk: "💾", file_cabinet: "🗄️", card_file_box: "🗃️", satellite: "📡", electric_plug: "🔌", bulb: "💡", pushpin: "📌",
  star: "⭐", sparkles: "✨", tada: "🎉", heavy_minus_sign: "➖", heavy_plus_sign: "➕", new: "🆕", ok: "🆗", broken_heart: "💔",
  small_blue_diamond: "🔹", small_orange_diamond: "🔸", white_small_square: "▫️", black_small_square: "▪️", test_tube: "🧪",
};

const INLINE = [
  [/^```([\s\S]+?)```\n?/, (hit) => h("pre", {}, unescaped(hit[1].replace(/^\n/, "")))],
  [/^`([^`\n]+)`/, (hit) => h("code", {}, unescaped(hit[1]))],
  [/^<([^<>\n]+)>/, (hit, names) => reference(hit[1], names)],
  [/^:([a-z0-9_+-]+):/, (hit) => emoji(hit[1])],
  [/^\*(?=\S)([^*\n]*[^*\s])\*(?!\w)/, (hit, names) => h("strong", {}, inline(hit[1], names))],
  [/^_(?=\S)([^_\n]*[^_\s])_(?!\w)/, (hit, names) => h("em", {}, inline(hit[1], names))],
  [/^~(?=\S)([^~\n]*[^~\s])~(?!\w)/, (hit, names) => h("s", {}, inline(hit[1], names))],
  [/^\n/, () => h("br")],
];

function unescaped(text) {
  return text.replace(/&lt;/g, "<").replace(/&gt;/g, ">").replace(/&amp;/g, "&");
}

export function emoji(name) {
  const glyph = EMOJI[name];
  return glyph ? h("span", { class: "emoji", role: "img", "aria-label": name.replace(/_/g, " ") }, glyph) : `:${name}:`;
}

function inline(text, names) {
  const nodes = [];
  let plain = "";
  let rest = text;
  while (rest) {
    const opens = !/\w$/.test(plain) || !/^[*_~]/.test(rest);
    const rule = opens && INLINE.find(([pattern]) => pattern.test(rest));
    if (!rule) {
      plain += rest[0];
      rest = rest.slice(1);
      continue;
    }
    if (plain) nodes.push(unescaped(plain));
    plain = "";
    const hit = rule[0].exec(rest);
    nodes.push(rule[1](hit, names));
    rest = rest.slice(hit[0].length);
  }
  if (plain) nodes.push(unescaped(plain));
  return nodes;
}

function reference(body, names) {
  const [target, ...labels] = body.split("|");
  const label = unescaped(labels.join("|"));
  if (target.startsWith("@")) return mention(`@${names.user(target.slice(1))}`);
  if (target.startsWith("#")) return mention(`#${label || names.channel(target.slice(1))}`);
  if (target.startsWith("!subteam^")) return mention(`@${names.group(target.slice(9))}`);
  if (target.startsWith("!date^")) return date(target, label);
  if (target.startsWith("!")) return mention(`@${target.slice(1).split("^")[0]}`);
  return link(unescaped(target), label);
}

const mention = (text) => h("span", { class: "mention" }, text);

function link(url, label) {
  if (!/^(https?:|mailto:)/.test(url)) return label || url;
  return h("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, label || url);
}

const DATES = {
  date_num: { year: "numeric", month: "2-digit", day: "2-digit" }, date: { year: "numeric", month: "long", day: "numeric" },
  date_short: { year: "numeric", month: "short", day: "numeric" },
  date_long: { weekday: "long", year: "numeric", month: "long", day: "numeric" },
  time: { hour: "2-digit", minute: "2-digit" }, time_secs: { hour: "2-digit", minute: "2-digit", second: "2-digit" },
};

function date(target, fallback) {
  const [, stamp, format = "", url] = target.split("^");
  const moment = new Date(Number(stamp) * 1000);
  if (Number.isNaN(moment.getTime())) return fallback;
  const text = format.replace(/\{(\w+)\}/g, (all, token) => datePart(token, moment) ?? all);
  const shown = h("time", { datetime: moment.toISOString(), title: fallback }, text);
  return url ? h("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, shown) : shown;
}

function datePart(token, moment) {
  if (token === "ago") return ago(moment);
  const days = Math.round((new Date().setHours(0, 0, 0, 0) - new Date(moment).setHours(0, 0, 0, 0)) / 86400000);
  if (token.endsWith("_pretty") && Math.abs(days) <= 1) return ["tomorrow", "today", "yesterday"][days + 1];
  const options = DATES[token.replace("_pretty", "")];
  return options && new Intl.DateTimeFormat("en-GB", options).format(moment);
}

function ago(moment) {
  const seconds = Math.round((moment - Date.now()) / 1000);
  const [size, unit] = [[86400, "day"], [3600, "hour"], [60, "minute"], [1, "second"]].find(([one]) => Math.abs(seconds) >= one) || [1, "second"];
  return new Intl.RelativeTimeFormat("en", { numeric: "auto" }).format(Math.trunc(seconds / size), unit);
}

export function mrkdwn(text, names) {
  const nodes = [];
  for (const part of text.split(/(^&gt;.*(?:\n&gt;.*)*\n?)/m)) {
    if (part.startsWith("&gt;")) nodes.push(h("blockquote", {}, inline(part.replace(/^&gt; ?/gm, "").replace(/\n$/, ""), names)));
    else if (part) nodes.push(...inline(part, names));
  }
  return nodes;
}

function plain(text) {
  return text.split(/(:[a-z0-9_+-]+:|\n)/).map((part) => {
    if (part === "\n") return h("br");
    return /^:.+:$/.test(part) ? emoji(part.slice(1, -1)) : part;
  });
}

export function textObject(object, names) {
  if (!object) return [];
  if (typeof object === "string") return plain(object);
  return object.type === "mrkdwn" ? mrkdwn(object.text, names) : plain(object.text);
}
