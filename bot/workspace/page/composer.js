/** The box people write in: Enter sends, Shift+Enter breaks the line, what failed to send stays. */

import { post, toldByServer } from "./api.js";
import { Attachments } from "./attachments.js";
import { Completion } from "./completion.js";
import { el, icon } from "./dom.js";
import { toast } from "./toasts.js";
import { workspace } from "./workspace.js";

export class Composer {
  /** where() gives {channel, thread_ts?} at the moment of sending. */
  constructor({ where, placeholder, testid = "composer", sendTestid = "send" }) {
    this.where = where;
    this.field = el("textarea", {
      class: "composer-field",
      rows: 1,
      placeholder,
      "aria-label": placeholder,
      autocomplete: "off",
      data: { testid },
    });
    this.button = el(
      "button",
      {
        type: "submit",
        class: "send",
        "aria-label": "Send",
        title: "Send",
        disabled: true,
        data: { testid: sendTestid },
      },
      icon("send"),
    );
    this.completion = new Completion(this.field);
    this.attached = new Attachments(() => this.#fit());
    this.status = el("p", { class: "status-line", "aria-live": "polite" });
    this.node = el(
      "form",
      { class: "composer" },
      this.completion.node,
      el(
        "div",
        { class: "composer-box" },
        this.attached.list,
        this.attached.button,
        this.attached.chooser,
        this.field,
        this.button,
      ),
      this.status,
    );
    this.node.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#send();
    });
    this.field.addEventListener("input", () => this.#fit());
    this.field.addEventListener("keydown", (event) => this.#onKey(event));
    this.field.addEventListener("paste", (event) => {
      if (!event.clipboardData?.files.length) return;
      event.preventDefault();
      this.attach([...event.clipboardData.files]);
    });
  }

  /** Puts files beside the text, to be sent with it. */
  attach(files) {
    this.attached.add(files);
    this.field.focus();
  }

  /** Puts a suggestion into the box, ready to be sent or changed. */
  offer(text) {
    this.field.value = text;
    this.field.focus();
    this.field.setSelectionRange(text.length, text.length);
    this.field.dispatchEvent(new Event("input", { bubbles: true }));
  }

  /** "is thinking…" under the box; an empty text clears it. */
  setStatus(text) {
    const words = text ? (/^is /.test(text) ? `${workspace.bot.name} ${text}` : `${workspace.bot.name}: ${text}`) : "";
    this.status.replaceChildren(
      ...(words ? [el("span", { class: "dots", "aria-hidden": "true" }, el("i"), el("i"), el("i")), words] : []),
    );
  }

  #onKey(event) {
    if (this.completion.takes(event)) return;
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      this.#send();
    }
  }

  #fit() {
    this.button.disabled = !this.attached.ready || !(this.field.value.trim() || this.attached.any);
    this.field.style.height = "auto";
    this.field.style.height = `${Math.min(this.field.scrollHeight, 220)}px`;
  }

  async #send() {
    const text = this.field.value.trim();
    if (this.sending || this.button.disabled) return;
    this.sending = true;
    this.completion.close();
    const files = this.attached.ids;
    const held = this.attached.clear();
    this.field.value = "";
    this.#fit();
    if (!(await sendText(text, { ...this.where(), ...(files.length ? { files } : {}) }))) {
      this.field.value = this.field.value || text;
      this.attached.restore(held);
      this.#fit();
    }
    this.sending = false;
  }
}

/** Sends a line or a slash command as the acting person; says what went wrong and gives false if it did. */
export async function sendText(text, where) {
  try {
    const answer = await post("/client/send", { user: workspace.me, text, ...where });
    if (answer.ok !== false) return true;
    if (!toldByServer(answer.error)) toast(`Not sent: ${answer.error}`, "error");
  } catch (reason) {
    toast(reason.message, "error");
  }
  return false;
}
