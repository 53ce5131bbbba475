// Elements that act at once: buttons, menus and choices. With `confirm` they ask first.
import { h, uniqueId } from "./dom.js";
import { confirmed } from "./dialogs.js";
import { textObject } from "./text.js";

export function control(block, element, doing) {
  const act = async (value, undo) => {
    if (element.confirm && !(await confirmed(element.confirm, doing.names))) return undo?.();
    await doing.act(block, element, value);
  };
  if (element.type === "button") return button(element, act);
  return element.type === "static_select" ? menu(element, act) : choices(element, doing, (values) => act(values));
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

export function selectBox(element, properties) {
  return h("select", properties,
    h("option", { value: "" }, element.placeholder?.text || "Choose"),
    element.options.map((one) => h("option", { value: one.value, selected: one.value === element.initial_option?.value }, one.text.text)));
}

function menu(element, act) {
  const box = selectBox(element, {
    "aria-label": element.placeholder?.text || "Choose",
    onchange: () => box.value && act(box.value, () => { box.value = element.initial_option?.value ?? ""; }),
  });
  return box;
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
