/** Files that go with the next message: each is uploaded as it is chosen, dropped or pasted, and named beside the text. */

import { ServerUnavailable, upload } from "./api.js";
import { el, icon } from "./dom.js";
import { announce, toast } from "./toasts.js";
import { workspace } from "./workspace.js";

export const MOST_FILES = 10; // in one message, as in Slack
const MOST_BYTES = 200_000_000;
const REFUSALS = {
  file_upload_size_restricted: "it is larger than 200 MB",
  invalid_arguments: "it is empty",
  upload_incomplete: "it did not arrive whole",
};

/** Bytes as people say them. */
export function sizeWords(bytes) {
  if (!(bytes >= 0)) return "";
  const [unit, by] = bytes < 1e3 ? ["bytes", 1] : bytes < 1e6 ? ["KB", 1e3] : ["MB", 1e6];
  const amount = bytes / by;
  return `${amount < 10 && by > 1 ? amount.toFixed(1) : Math.round(amount)} ${unit}`;
}

export class Attachments {
  #held = []; // [{name, size, id: null while it is uploaded, node}]

  constructor(changed) {
    this.changed = changed;
    this.list = el("ul", { class: "attachments", hidden: true, "aria-label": "Attachments to send" });
    this.chooser = el("input", {
      type: "file",
      class: "visually-hidden",
      multiple: true,
      tabIndex: -1,
      "aria-hidden": "true",
      data: { testid: "file-chooser" },
      on: { change: () => this.#choose() },
    });
    this.button = el(
      "button",
      {
        type: "button",
        class: "attach",
        "aria-label": "Add attachments",
        title: "Add attachments",
        data: { testid: "attach" },
        on: { click: () => this.chooser.click() },
      },
      icon("clip"),
    );
  }

  get ids() {
    return this.#held.map((one) => one.id);
  }

  get any() {
    return this.#held.length > 0;
  }

  /** Whether every file has arrived at the server. */
  get ready() {
    return this.#held.every((one) => one.id !== null);
  }

  /** Uploads files; what cannot be taken is said at once. */
  async add(files) {
    const room = MOST_FILES - this.#held.length;
    if (files.length > room)
      toast(`One message takes ${MOST_FILES} files; the last ${files.length - room} were left out.`, "warning");
    await Promise.all(files.slice(0, room).map((file) => this.#upload(file)));
  }

  clear() {
    const held = this.#held;
    this.#held = [];
    this.#draw();
    return held;
  }

  /** Puts back what could not be sent. */
  restore(held) {
    this.#held = [...held, ...this.#held].slice(0, MOST_FILES);
    this.#draw();
  }

  async #choose() {
    const chosen = [...this.chooser.files];
    this.chooser.value = "";
    await this.add(chosen);
  }

  async #upload(file) {
    if (file.size > MOST_BYTES) return refuse(file, REFUSALS.file_upload_size_restricted);
    const one = { name: file.name, size: file.size, id: null };
    this.#held.push(one);
    this.#draw();
    try {
      const answer = await upload(workspace.me, file);
      if (answer.ok) {
        one.id = answer.file.id;
        announce(`${file.name} is attached`);
      } else this.#refused(one, REFUSALS[answer.error] ?? answer.error);
    } catch (reason) {
      if (!(reason instanceof ServerUnavailable)) throw reason;
      this.#refused(one, reason.message);
    }
    return this.#draw();
  }

  #refused(one, why) {
    this.#held = this.#held.filter((other) => other !== one);
    refuse(one, why);
  }

  #draw() {
    this.list.replaceChildren(...this.#held.map((one) => this.#chip(one)));
    this.list.hidden = !this.#held.length;
    this.changed();
  }

  #chip(one) {
    const waits = one.id === null;
    return el(
      "li",
      { class: `attachment${waits ? " waits" : ""}`, data: { testid: "attachment" } },
      icon("file"),
      el("span", { class: "attachment-name", title: one.name }, one.name),
      el("span", { class: "attachment-size" }, waits ? "uploading…" : sizeWords(one.size)),
      el(
        "button",
        {
          type: "button",
          class: "icon-button",
          "aria-label": `Remove ${one.name}`,
          on: {
            click: () => {
              this.#held = this.#held.filter((other) => other !== one);
              this.#draw();
            },
          },
        },
        icon("close"),
      ),
    );
  }
}

function refuse(file, why) {
  toast(`${file.name} was not taken: ${why}`, "error");
}
