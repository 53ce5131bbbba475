// Block Kit as DOM. `doing.act(block, element, value)` is called when somebody uses an element.
import { h } from "./dom.js";
import { control } from "./elements.js";
import { input } from "./inputs.js";
import { textObject } from "./text.js";

const DRAW = {
  section, header, context, actions, image, table, plan, input, alert,
  divider: () => h("hr"),
  rich_text: (block) => h("div", {}, block.elements.map(richPart)),
};

export function blocks(list, doing) {
  return list.map((block) => DRAW[block.type](block, doing));
}

function section(block, doing) {
  const fields = (block.fields || []).map((field) => h("div", { class: "field" }, textObject(field, doing.names)));
  return h("div", { class: "block-section" },
    block.text && h("div", {}, textObject(block.text, doing.names)),
    fields.length ? h("div", { class: "fields" }, fields) : null);
}

function header(block) {
  return h("h3", { class: "block-header" }, textObject(block.text));
}

function context(block, doing) {
  return h("div", { class: "block-context" }, block.elements.map((one) => h("span", {}, textObject(one, doing.names))));
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

function table(block) {
  const settings = block.column_settings || [];
  const cell = (tag) => (one, column) => h(tag, {
    class: [settings[column]?.align && `to-${settings[column].align}`, one.text.length <= 16 && "short"].filter(Boolean).join(" "),
    scope: tag === "th" ? "col" : undefined,
  }, textObject(one.text));
  const [head, ...rows] = block.rows;
  return h("div", { class: "block-table", role: "group", "aria-label": "Table", tabindex: 0 }, h("table", { "aria-label": head.map((one) => one.text).join(", ") },
    h("thead", {}, h("tr", {}, head.map(cell("th")))),
    h("tbody", {}, rows.map((row) => h("tr", {}, row.map(cell("td")))))));
}

// Slack shows a mark and no word; the word is for those who hear the page.
const TASK_WORDS = { pending: "waiting", in_progress: "running", complete: "done", error: "not done" };

function plan(block) {
  return h("div", { class: "block-plan" },
    h("p", { class: "plan-title" }, textObject(block.title)),
    h("ol", { class: "tasks" }, (block.tasks || []).map(task)));
}

function task(one) {
  const status = one.status || "pending";
  return h("li", { class: `task ${status}` },
    h("span", { class: "task-mark", "aria-hidden": "true" }),
    h("div", { class: "task-body" },
      h("span", { class: "task-title" }, textObject(one.title)),
      one.details && h("div", { class: "task-text" }, one.details.elements.map(richPart))),
    h("span", { class: "task-status" }, TASK_WORDS[status]));
}

function alert(block, doing) {
  return h("div", { class: `block-alert ${block.level || "default"}`, role: "note" }, textObject(block.text, doing.names));
}

function richPart(part) {
  const text = part.elements.map((one) => h("span", { class: "rich-text" }, one.text));
  return part.type === "rich_text_preformatted" ? h("pre", {}, text) : h("div", {}, text);
}
