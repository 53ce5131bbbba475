// Elements that act at once: buttons, menus, pickers, choices. With `confirm` they ask first.
import { h, uniqueId } from "./dom.js";
import { confirmed } from "./dialogs.js";
import { textObject } from "./text.js";

const LISTED = ["static_select", "users_select", "channels_select", "conversations_select", "external_select", "overflow"];
const PICKERS = { datepicker: ["date", "initial_date"], timepicker: ["time", "initial_time"] };

export function control(block, element, doing) {
  const act = async (value, undo) => {
    if (element.confirm && !(await confirmed(element.confirm, doing.names))) return undo?.();
    await doing.act(block, element, value);
  };
  if (element.type === "button") return button(element, act);
  if (LISTED.includes(element.type)) return menu(element, doing, act);
  if (PICKERS[element.type]) return picker(element, act);
  if (["radio_buttons", "checkboxes"].includes(element.type)) return choices(element, doing, (values) => act(values));
  return h("span", { class: "quiet" }, `(${element.type})`);
}

function button(element, act) {
  const made = h("button", {
    type: "button",
    class: element.style || "plain",
    "aria-label": element.accessibility_label,
    onclick: async () => {
      made.disabled = true;
      try {
        if (element.url) window.open(element.url, "_blank", "noopener");
        await act(element.value);
      } finally {
        made.disabled = false;
      }
    },
  }, textObject(element.text));
  return made;
}

export function optionsOf(element, doing) {
  const named = (id, name) => ({ value: id, text: { type: "plain_text", text: name } });
  if (element.type === "users_select" || element.type === "multi_users_select") return doing.names.people().map((one) => named(one.id, one.name));
  if (element.type === "channels_select" || element.type === "conversations_select") return doing.names.channels().map((one) => named(one.id, `#${one.name}`));
  return [...(element.options || []), ...(element.option_groups || []).flatMap((group) => group.options)];
}

export function chosenFirst(element) {
  return element.initial_option?.value ?? element.initial_user ?? element.initial_channel ?? element.initial_conversation ?? "";
}

export function selectBox(element, doing, properties) {
  const label = element.placeholder?.text || (element.type === "overflow" ? "More" : "Choose");
  const first = chosenFirst(element);
  return h("select", properties,
    h("option", { value: "" }, label),
    optionsOf(element, doing).map((one) => h("option", { value: one.value, selected: one.value === first }, one.text.text)));
}

function menu(element, doing, act) {
  const name = element.placeholder?.text || (element.type === "overflow" ? "More actions" : "Choose");
  const box = selectBox(element, doing, {
    "aria-label": name,
    onchange: () => box.value && act(box.value, () => { box.value = chosenFirst(element); }),
  });
  return box;
}

function picker(element, act) {
  const [type, initial] = PICKERS[element.type];
  return h("input", {
    type, value: element[initial], "aria-label": element.placeholder?.text || `Pick a ${type}`,
    onchange: (event) => event.target.value && act(event.target.value),
  });
}

export function choices(element, doing, onChange) {
  const many = element.type === "checkboxes";
  const first = many ? (element.initial_options || []).map((one) => one.value) : [element.initial_option?.value];
  const name = uniqueId("choice");
  const set = h("div", { class: "choices", role: many ? "group" : "radiogroup", "data-action": element.action_id },
    element.options.map((one) => h("label", {},
      h("input", {
        type: many ? "checkbox" : "radio", name, value: one.value, checked: first.includes(one.value),
        onchange: () => onChange?.(chosenOf(set, many)),
      }),
      h("span", {}, textObject(one.text, doing.names),
        one.description && h("span", { class: "quiet" }, " ", textObject(one.description, doing.names))))));
  return set;
}

export function chosenOf(set, many) {
  const values = [...set.querySelectorAll("input:checked")].map((one) => one.value);
  return many ? values : values[0] ?? "";
}
