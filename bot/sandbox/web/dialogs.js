// Modals and confirm dialogs, as native <dialog> elements.
import { h } from "./dom.js";
import { showErrors, valuesOf } from "./inputs.js";
import { textObject } from "./text.js";

export function confirmed(object, names) {
  return new Promise((decide) => {
    const done = (answer) => () => { dialog.close(); dialog.remove(); decide(answer); };
    const title = "confirm-title";
    const dialog = h("dialog", { class: "confirm", "aria-labelledby": title, oncancel: done(false) },
      h("h2", { id: title }, textObject(object.title)),
      h("p", {}, textObject(object.text, names)),
      h("footer", {},
        h("button", { type: "button", class: "plain", onclick: done(false) }, textObject(object.deny)),
        h("button", { type: "button", class: object.style || "primary", onclick: done(true) }, textObject(object.confirm))));
    document.body.append(dialog);
    dialog.showModal();
  });
}

// One dialog shows the top view of the person's stack; `calls` has submit(view, values), close(view) and draw(blocks, view).
export class Modal {
  constructor(calls) {
    this.calls = calls;
    this.dialog = null;
    this.view = null;
  }

  show(view) {
    if (!view) return this.hide();
    if (this.view && this.view.id === view.id && this.view.hash === view.hash) return undefined;
    const typed = this.view?.id === view.id ? valuesOf(this.dialog) : {};
    this.hide();
    this.view = view;
    this.dialog = this.draw(view);
    this.keep(typed);
    document.body.append(this.dialog);
    this.dialog.showModal();
    this.dialog.querySelector(".view-blocks input, .view-blocks select, .view-blocks textarea")?.focus();
    return undefined;
  }

  hide() {
    this.dialog?.close();
    this.dialog?.remove();
    this.dialog = this.view = null;
  }

  values() {
    return this.dialog ? valuesOf(this.dialog) : {};
  }

  keep(typed) {
    for (const block of this.dialog.querySelectorAll(".block-input")) {
      const value = typed[block.blockId]?.[block.actionId];
      if (typeof value === "string" && value && "value" in block.field) block.field.value = value;
    }
  }

  draw(view) {
    const close = (event) => { event?.preventDefault(); this.calls.close(view); };
    const form = h("form", { method: "dialog", novalidate: true, onsubmit: (event) => { event.preventDefault(); this.submit(view); } },
      h("header", {}, h("h2", { id: "modal-title" }, textObject(view.title)),
        h("button", { type: "button", class: "ghost", "aria-label": "Close", onclick: close }, "\u00d7")),
      h("div", { class: "view-blocks" }, this.calls.draw(view.blocks, view)),
      h("p", { class: "error form-error", role: "alert" }),
      h("footer", {},
        h("button", { type: "button", class: "plain", onclick: close }, view.close ? textObject(view.close) : "Cancel"),
        view.submit ? h("button", { type: "submit", class: "primary" }, textObject(view.submit)) : null));
    return h("dialog", { class: "modal", "aria-labelledby": "modal-title", oncancel: close }, form);
  }

  async submit(view) {
    const button = this.dialog.querySelector("button[type=submit]");
    if (!button || button.disabled) return;
    button.disabled = true;
    const dialog = this.dialog;
    try {
      const answer = await this.calls.submit(view, valuesOf(dialog));
      showErrors(dialog, answer.errors);
      const rest = Object.entries(answer.errors || {}).filter(([block]) => !dialog.querySelector(`[data-block="${CSS.escape(block)}"]`));
      dialog.querySelector(".form-error").textContent = rest.map(([, text]) => text).join(" ");
    } catch (error) {
      dialog.querySelector(".form-error").textContent = error.message;
    } finally {
      button.disabled = false;
    }
  }
}
