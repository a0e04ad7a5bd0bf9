/** The stack of modal views that the app opened for the acting person. Only the top one is shown. */

import { post } from "./api.js";
import { renderBlocks } from "./blocks.js";
import { settle } from "./clicks.js";
import { el, icon } from "./dom.js";
import { collectState, localErrors, rememberEdits, restoreEdits } from "./inputs.js";
import { plainWords } from "./mrkdwn.js";
import { toast } from "./toasts.js";
import { workspace } from "./workspace.js";

const CLOSE_ANYWAY_MS = 2000; // after an accepted submit, if the news of its closing got lost

export class Modals {
  #stack = []; // {view, form, problem}
  #dialog = null;
  #focusBefore = null;

  open(view) {
    settle();
    this.#stack = [];
    this.push(view);
  }

  push(view) {
    settle();
    this.#stack.push(draw(view, this.#stack.length > 0, this));
    this.#show();
  }

  /** Redraws a view in place and keeps what the person had typed into fields that are still there. */
  update(view) {
    const at = this.#stack.findIndex((entry) => entry.view.id === view.id);
    if (at < 0) return;
    const before = this.#stack[at];
    const fresh = draw(view, at > 0, this);
    restoreEdits(fresh.form, rememberEdits(before.form));
    this.#stack[at] = fresh;
    this.#show();
  }

  /** The server closed a view. */
  closed(viewId) {
    this.#stack = this.#stack.filter((entry) => entry.view.id !== viewId);
    this.#show();
  }

  closeAll() {
    this.#stack = [];
    this.#show();
  }

  errors(viewId, errors) {
    const entry = this.#stack.find((one) => one.view.id === viewId);
    if (entry) showErrors(entry, errors);
  }

  /** The person closed the top view: the app is told, and the view below comes back. */
  async dismiss() {
    const entry = this.#stack.pop();
    this.#show();
    if (!entry) return;
    try {
      await post("/client/close", { user: workspace.me, view_id: entry.view.id });
    } catch (reason) {
      toast(reason.message, "error");
    }
  }

  async submit(entry) {
    if (entry.busy) return;
    const wrong = localErrors(entry.form);
    if (Object.keys(wrong).length) return showErrors(entry, wrong);
    showErrors(entry, {});
    setBusy(entry, true);
    try {
      const answer = await post("/client/submit", {
        user: workspace.me,
        view_id: entry.view.id,
        state: collectState(entry.form),
      });
      if (answer.ok)
        setTimeout(() => {
          if (this.#stack.includes(entry)) this.closed(entry.view.id);
        }, CLOSE_ANYWAY_MS);
      else {
        setBusy(entry, false);
        showErrors(entry, answer.errors ?? {}, answer.errors ? "" : refusal(answer.error));
      }
    } catch (reason) {
      setBusy(entry, false);
      showErrors(entry, {}, reason.message);
    }
    return undefined;
  }

  #show() {
    const top = this.#stack.at(-1);
    if (!top) return this.#closeDialog();
    if (!this.#dialog) this.#openDialog();
    if (this.#dialog.firstChild === top.form) return undefined;
    this.#dialog.replaceChildren(top.form);
    const first =
      top.form.querySelector("[autofocus]") ??
      top.form.querySelector("[data-input-block] :is(input, textarea, select)");
    return (first ?? top.form.querySelector(".modal-body")).focus();
  }

  #openDialog() {
    const dialog = el("dialog", { class: "dialog modal", "aria-labelledby": "modal-title", data: { testid: "modal" } });
    this.#focusBefore = document.activeElement;
    dialog.addEventListener("cancel", (event) => {
      if (event.target !== dialog) return; // a menu inside was closed, not the modal
      event.preventDefault();
      this.dismiss();
    });
    // A second Esc makes browsers close a dialog without asking; the stack follows.
    dialog.addEventListener("close", () => {
      if (this.#dialog === dialog) this.closeAll();
    });
    document.body.append(dialog);
    dialog.showModal();
    this.#dialog = dialog;
  }

  #closeDialog() {
    const dialog = this.#dialog;
    if (!dialog) return;
    this.#dialog = null;
    dialog.close();
    dialog.remove();
    if (this.#focusBefore?.isConnected) this.#focusBefore.focus();
  }
}

function refusal(error) {
  return ["timeout", "operation_timeout"].includes(error)
    ? "Countersign did not answer in time. Nothing was saved; please try again."
    : `Not accepted: ${error ?? "no reason given"}`;
}

function draw(view, isPushed, modals) {
  const problem = el("div", { class: "b-alert error modal-problem", role: "alert", hidden: true });
  const body = el("div", { class: "modal-body", tabIndex: -1 }, problem, renderBlocks(view.blocks));
  const submit = view.submit
    ? el(
        "button",
        { type: "submit", class: "button primary", data: { testid: "modal-submit" } },
        el("span", { class: "button-label" }, plainWords(view.submit)),
      )
    : null;
  const closeWord = plainWords(view.close ?? (isPushed ? "Back" : view.submit ? "Cancel" : "Close"));
  const form = el(
    "form",
    { class: "modal-form", novalidate: true, data: { surface: "view", viewId: view.id } },
    el(
      "header",
      { class: "modal-head" },
      isPushed
        ? el(
            "button",
            { type: "button", class: "icon-button", "aria-label": "Back", on: { click: () => modals.dismiss() } },
            icon("back"),
          )
        : null,
      el("h2", { id: "modal-title" }, plainWords(view.title)),
      el(
        "button",
        {
          type: "button",
          class: "icon-button",
          "aria-label": "Close",
          data: { testid: "modal-close" },
          on: { click: () => modals.dismiss() },
        },
        icon("close"),
      ),
    ),
    body,
    el(
      "footer",
      { class: "dialog-actions" },
      el(
        "button",
        { type: "button", class: "button", data: { testid: "modal-cancel" }, on: { click: () => modals.dismiss() } },
        closeWord,
      ),
      submit,
    ),
  );
  const entry = { view, form, problem, submit, busy: false };
  form.addEventListener("input", forgetError);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (submit) modals.submit(entry);
  });
  return entry;
}

function setBusy(entry, busy) {
  entry.busy = busy;
  entry.form.setAttribute("aria-busy", String(busy));
  if (!entry.submit) return;
  entry.submit.disabled = busy;
  entry.submit.setAttribute("aria-busy", String(busy));
}

/** What was said of a field is over once it is changed. */
function forgetError({ target }) {
  const field = target.closest("[data-input-block].wrong");
  if (!field) return;
  field.classList.remove("wrong");
  field.querySelector("[data-error-for]").hidden = true;
  for (const control of field.querySelectorAll("input, textarea, select")) control.setAttribute("aria-invalid", "false");
}

/** Puts each error under its field; errors of blocks that are not fields stand at the top. */
function showErrors(entry, errors, general = "") {
  setBusy(entry, false);
  const left = { ...errors };
  let first = null;
  for (const field of entry.form.querySelectorAll("[data-input-block]")) {
    const id = field.dataset.inputBlock;
    const text = left[id] ?? "";
    delete left[id];
    const note = field.querySelector("[data-error-for]");
    note.textContent = text;
    note.hidden = !text;
    field.classList.toggle("wrong", Boolean(text));
    for (const control of field.querySelectorAll("input, textarea, select"))
      control.setAttribute("aria-invalid", String(Boolean(text)));
    if (text && !first) first = field.querySelector("input, textarea, select");
  }
  const above = [general, ...Object.values(left)].filter(Boolean).join(" ");
  entry.problem.replaceChildren(...(above ? [icon("alert"), el("div", {}, above)] : []));
  entry.problem.hidden = !above;
  first?.focus();
}
