// Block Kit as DOM. `doing.act(block, element, value)` is called when somebody uses an element.
import { h } from "./dom.js";
import { control } from "./elements.js";
import { input } from "./inputs.js";
import { emoji, link, markdown, mrkdwn, textObject } from "./text.js";

const DRAW = {
  section, header, context, actions, image, table, plan, input, alert, card,
  divider: () => h("hr"),
  markdown: (block, doing) => h("div", { class: "block-markdown" }, markdown(block.text, doing.names)),
  rich_text: (block, doing) => h("div", { class: "block-rich" }, block.elements.map((one) => richBlock(one, doing.names))),
  task_card: (block, doing) => h("ol", { class: "tasks" }, task(block, doing)),
};

export function blocks(list, doing) {
  return list.map((block) => {
    const draw = DRAW[block.type];
    return draw ? draw(block, doing) : h("p", { class: "quiet" }, `(${block.type} block)`);
  });
}

function section(block, doing) {
  const fields = (block.fields || []).map((field) => h("div", { class: "field" }, textObject(field, doing.names)));
  const accessory = block.accessory && (block.accessory.type === "image"
    ? h("img", { class: "thumb", src: source(block.accessory), alt: block.accessory.alt_text })
    : control(block, block.accessory, doing));
  return h("div", { class: "block-section" },
    h("div", { class: "section-body" },
      block.text && h("div", {}, textObject(block.text, doing.names)),
      fields.length ? h("div", { class: "fields" }, fields) : null),
    accessory);
}

function header(block) {
  return h("h3", { class: "block-header" }, textObject(block.text));
}

function context(block, doing) {
  return h("div", { class: "block-context" }, block.elements.map((one) => one.type === "image"
    ? h("img", { class: "tiny", src: source(one), alt: one.alt_text })
    : h("span", {}, textObject(one, doing.names))));
}

function actions(block, doing) {
  return h("div", { class: "block-actions" }, block.elements.map((one) => control(block, one, doing)));
}

function source(object) {
  return object.image_url || (object.slack_file && (object.slack_file.url || `/slack/files/${object.slack_file.id}/image`));
}

function image(block) {
  return h("figure", { class: "block-image" },
    block.title && h("figcaption", {}, textObject(block.title)),
    h("img", { src: source(block), alt: block.alt_text }));
}

function table(block, doing) {
  const settings = block.column_settings || [];
  const cell = (tag) => (one, column) => h(tag, {
    class: [settings[column]?.align && `to-${settings[column].align}`, one.text?.length <= 16 && "short"].filter(Boolean).join(" "),
    scope: tag === "th" ? "col" : undefined,
  }, one.type === "rich_text" ? one.elements.map((part) => richBlock(part, doing.names)) : textObject(String(one.text)));
  const [head, ...rows] = block.rows;
  return h("div", { class: "block-table", role: "group", "aria-label": "Table", tabindex: 0 }, h("table", { "aria-label": head.map((one) => one.text).join(", ") },
    h("thead", {}, h("tr", {}, head.map(cell("th")))),
    h("tbody", {}, rows.map((row) => h("tr", {}, row.map(cell("td")))))));
}

// Slack shows a mark and no word; the word is for those who hear the page.
const TASK_WORDS = { pending: "waiting", in_progress: "running", complete: "done", error: "not done" };

function plan(block, doing) {
  return h("div", { class: "block-plan" },
    h("p", { class: "plan-title" }, textObject(block.title)),
    h("ol", { class: "tasks" }, (block.tasks || []).map((one) => task(one, doing))));
}

function task(one, doing) {
  const status = one.status || "pending";
  const rich = (part) => part && h("div", { class: "task-text" }, part.elements.map((each) => richBlock(each, doing.names)));
  return h("li", { class: `task ${status}` },
    h("span", { class: "task-mark", "aria-hidden": "true" }),
    h("div", { class: "task-body" },
      h("span", { class: "task-title" }, textObject(one.title)),
      rich(one.details), rich(one.output),
      one.sources?.length ? h("div", { class: "task-text" }, one.sources.map((each) => link(each.url, each.text))) : null),
    h("span", { class: "task-status" }, TASK_WORDS[status]));
}

function alert(block, doing) {
  return h("div", { class: `block-alert ${block.level || "default"}`, role: "note" }, textObject(block.text, doing.names));
}

function card(block, doing) {
  return h("div", { class: "block-card" },
    block.hero_image && h("img", { src: source(block.hero_image), alt: block.hero_image.alt_text }),
    block.title && h("strong", {}, textObject(block.title, doing.names)),
    block.subtitle && h("div", { class: "quiet" }, textObject(block.subtitle, doing.names)),
    block.body && h("div", {}, textObject(block.body, doing.names)),
    block.actions && h("div", { class: "block-actions" }, block.actions.map((one) => control(block, one, doing))));
}

// -- rich text --------------------------------------------------------------------------------------------------------

function richBlock(part, names) {
  const inside = () => (part.elements || []).map((one) => richInline(one, names));
  if (part.type === "rich_text_list") {
    const items = (part.elements || []).map((one) => h("li", {}, richBlock(one, names)));
    return h(part.style === "ordered" ? "ol" : "ul", { class: "rich-list" }, items);
  }
  if (part.type === "rich_text_preformatted") return h("pre", {}, inside());
  if (part.type === "rich_text_quote") return h("blockquote", {}, inside());
  return h("div", { class: "rich-section" }, inside());
}

function richInline(one, names) {
  if (one.type === "link") return link(one.url, one.text);
  if (one.type === "emoji") return emoji(one.name);
  if (one.type === "user") return mrkdwn(`<@${one.user_id}>`, names);
  if (one.type === "channel") return mrkdwn(`<#${one.channel_id}>`, names);
  if (one.type === "usergroup") return mrkdwn(`<!subteam^${one.usergroup_id}>`, names);
  if (one.type === "date") return mrkdwn(`<!date^${one.timestamp}^${one.format}|${one.fallback || ""}>`, names);
  const style = one.style || {};
  let node = h("span", { class: "rich-text" }, one.text ?? "");
  for (const [name, tag] of [["bold", "strong"], ["italic", "em"], ["strike", "s"], ["code", "code"]]) {
    if (style[name]) node = h(tag, {}, node);
  }
  return node;
}
