// Input blocks of modals: a label, one field, a hint, and room for what is wrong with it.
import { h, uniqueId } from "./dom.js";
import { choices, chosenOf, selectBox } from "./elements.js";
import { textObject } from "./text.js";

export function input(block, doing) {
  const id = uniqueId("input");
  const [errorId, hintId] = [`${id}-error`, `${id}-hint`];
  const described = `${block.hint ? `${hintId} ` : ""}${errorId}`;
  const field = fieldOf(block.element, doing, id, described, block.optional);
  const grouped = field.classList.contains("choices");
  const label = h(grouped ? "span" : "label", { id: `${id}-label`, for: grouped ? undefined : id, class: "input-label" },
    textObject(block.label), block.optional ? h("span", { class: "quiet" }, " (optional)") : null);
  if (grouped) field.setAttribute("aria-labelledby", `${id}-label`);
  const whole = h("div", { class: "block-input", "data-block": block.block_id }, label, field,
    block.hint && h("p", { class: "quiet hint", id: hintId }, textObject(block.hint)),
    h("p", { class: "error", id: errorId, role: "alert" }));
  whole.read = () => valueOf(field, block.element);
  whole.actionId = block.element.action_id;
  whole.blockId = block.block_id;
  whole.field = field;
  return whole;
}

function fieldOf(element, doing, id, described, optional) {
  const shared = { id, "aria-describedby": described, "aria-required": optional ? undefined : "true" };
  if (["radio_buttons", "checkboxes"].includes(element.type)) return choices(element, doing);
  if (element.type === "static_select") return selectBox(element, shared);
  const text = { ...shared, placeholder: element.placeholder?.text, maxlength: element.max_length };
  if (element.multiline) return h("textarea", { ...text, rows: 3 }, element.initial_value ?? "");
  return h("input", { ...text, type: "text", value: element.initial_value ?? "", autocomplete: "off" });
}

function valueOf(field, element) {
  if (field.classList.contains("choices")) return chosenOf(field, element.type === "checkboxes");
  return field.value;
}

export function valuesOf(root) {
  const values = {};
  for (const block of root.querySelectorAll(".block-input")) values[block.blockId] = { [block.actionId]: block.read() };
  return values;
}

export function showErrors(root, errors) {
  let first = null;
  for (const block of root.querySelectorAll(".block-input")) {
    const wrong = errors?.[block.blockId] || "";
    block.querySelector(".error").textContent = wrong;
    block.field.setAttribute("aria-invalid", wrong ? "true" : "false");
    if (wrong) first = first || block.field;
  }
  first?.focus();
  first?.closest(".block-input").scrollIntoView({ block: "nearest" });
}
