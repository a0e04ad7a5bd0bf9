/** The box people write in: Enter sends, Shift+Enter breaks the line, what failed to send stays. */

import { post, toldByServer } from "./api.js";
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
    this.status = el("p", { class: "status-line", "aria-live": "polite" });
    this.node = el(
      "form",
      { class: "composer" },
      this.completion.node,
      el("div", { class: "composer-box" }, this.field, this.button),
      this.status,
    );
    this.node.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#send();
    });
    this.field.addEventListener("input", () => this.#fit());
    this.field.addEventListener("keydown", (event) => this.#onKey(event));
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
    this.button.disabled = !this.field.value.trim();
    this.field.style.height = "auto";
    this.field.style.height = `${Math.min(this.field.scrollHeight, 220)}px`;
  }

  async #send() {
    const text = this.field.value.trim();
    if (!text || this.sending) return;
    this.sending = true;
    this.completion.close();
    this.field.value = "";
    this.#fit();
    if (!(await sendText(text, this.where()))) {
      this.field.value = this.field.value || text;
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
