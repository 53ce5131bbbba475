// The messages of a channel with their threads. A thread stays open while its messages change.
import { h, reconcile } from "./dom.js";
import { blocks } from "./blocks.js";
import { emoji, mrkdwn } from "./text.js";

const openThreads = new Set();

// Roots carry their replies, so that a message is redrawn when its thread grows.
function rootsOf(list) {
  const roots = list.filter((one) => !one.thread_ts || one.thread_ts === one.ts || one.broadcast);
  const known = new Set(roots.map((one) => one.ts));
  return roots
    .concat(list.filter((one) => one.thread_ts && one.thread_ts !== one.ts && !one.broadcast && !known.has(one.thread_ts)))
    .map((root) => ({ ...root, replies: list.filter((one) => one.thread_ts === root.ts && one.ts !== root.ts) }))
    .sort((a, b) => Number(a.ts) - Number(b.ts));
}

export function showMessages(log, list, doingFor, names) {
  const last = log.lastElementChild;
  const lastKey = last?.dataset.key;
  const follows = !last || last.offsetTop - log.offsetTop < log.scrollTop + log.clientHeight;
  const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 80;
  if (!list.length) {
    log.replaceChildren(h("p", { class: "empty quiet" }, "Nothing has been said here yet. Type /dr help to see what the bot can do."));
    return;
  }
  log.querySelector(".empty")?.remove();
  reconcile(log, rootsOf(list), (one) => one.ts, (one) => message(one, doingFor, names));
  if (follows && log.lastElementChild.dataset.key !== lastKey) showNewest(log);
  else if (atEnd) log.scrollTop = log.scrollHeight;
}

// A message taller than the log is shown from its beginning.
export function showNewest(log) {
  const start = log.lastElementChild ? log.lastElementChild.offsetTop - log.offsetTop - 8 : 0;
  log.scrollTop = Math.min(start, log.scrollHeight - log.clientHeight);
}

function message(one, doingFor, names) {
  const author = names.user(one.user);
  const time = new Date(Number(one.ts) * 1000);
  const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" }).format(time);
  const bot = names.isBot(one.user);
  const body = h("div", { class: "message-body" },
    one.ephemeral_to ? h("p", { class: "only-you" }, "Only visible to you") : null,
    h("p", { class: "byline" },
      h("strong", {}, author), bot ? h("span", { class: "app-badge" }, "APP") : null,
      h("time", { datetime: time.toISOString(), title: time.toString() }, clock),
      one.pinned ? h("span", { class: "quiet" }, "pinned") : null),
    content(one, doingFor(one), names),
    reactions(one, names),
    one.replies?.length ? thread(one, doingFor, names) : null);
  return h("article", { class: one.ephemeral_to ? "message ephemeral" : "message", "aria-label": `${author} at ${clock}` }, avatar(author, bot), body);
}

function avatar(author, bot) {
  const letters = author.split(/\s+/).map((word) => word[0]).slice(0, 2).join("").toUpperCase();
  const hue = [...author].reduce((sum, letter) => (sum * 31 + letter.codePointAt(0)) % 360, 7);
  return h("span", { class: bot ? "avatar bot" : "avatar", "aria-hidden": "true", style: bot ? undefined : `--hue:${hue}` }, letters);
}

function content(one, doing, names) {
  const said = one.blocks?.length ? blocks(one.blocks, doing) : h("div", { class: "block-text" }, mrkdwn(one.text || "", names));
  const files = (one.files || []).map((file) => file.mimetype.startsWith("image/")
    ? h("figure", { class: "block-image" }, h("figcaption", {}, file.title), h("img", { src: file.url_private, alt: file.alt_txt || file.title }))
    : h("p", {}, h("a", { href: file.url_private, download: file.name }, file.title)));
  const edited = one.edited && !one.blocks?.length ? h("span", { class: "quiet" }, " (edited)") : null;
  return h("div", { class: "content" }, said, edited, files);
}

function reactions(one) {
  const entries = Object.entries(one.reactions || {});
  if (!entries.length) return null;
  return h("p", { class: "reactions" }, entries.map(([name, people]) => h("span", {}, emoji(name), ` ${people.length}`)));
}

function thread(root, doingFor, names) {
  const count = root.replies.length;
  const label = `${count} ${count === 1 ? "reply" : "replies"}`;
  const list = h("div", { class: "replies", role: "group", "aria-label": `Thread: ${label}` },
    root.replies.map((reply) => message(reply, doingFor, names)));
  const details = h("details", { class: "thread", open: openThreads.has(root.ts) }, h("summary", {}, label), list);
  details.addEventListener("toggle", () => (details.open ? openThreads.add(root.ts) : openThreads.delete(root.ts)));
  return details;
}
