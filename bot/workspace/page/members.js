/** Who is in the workspace: accounts taken away and given back, guests, bots and people of other workspaces let in. */

import { post } from "./api.js";
import { el, icon } from "./dom.js";
import { toast } from "./toasts.js";
import { avatar, everyone, nameOf, workspace } from "./workspace.js";

const KINDS = [
  ["member", "A member", "New Member"],
  ["guest", "A guest", "Gus Guest"],
  ["bot", "A bot", "Other Bot"],
  ["stranger", "Someone of another workspace", "Sam Stranger"],
];
const TITLES = { guest: "Guest", bot: "Bot", stranger: "Of another workspace" };

export class MembersDialog {
  #dialog = null;

  open() {
    this.#dialog = el("dialog", { class: "dialog small", "aria-labelledby": "members-title", data: { testid: "members" } });
    const dialog = this.#dialog;
    const before = document.activeElement;
    dialog.addEventListener("close", () => {
      dialog.remove();
      this.#dialog = null;
      before?.focus?.();
    });
    this.draw();
    document.body.append(dialog);
    dialog.showModal();
  }

  /** Again, after somebody came or went; does nothing while it is closed. */
  draw() {
    this.#dialog?.replaceChildren(
      el("h2", { id: "members-title" }, "Manage people"),
      el(
        "div",
        { class: "dialog-body" },
        el("p", { class: "members-note" }, "As an admin of the workspace would. Whoever is deactivated loses every right at once."),
        el("ul", { class: "member-list" }, everyone().map(row)),
        el("h3", { class: "members-more" }, "Let someone in"),
        el(
          "div",
          { class: "members-add" },
          KINDS.map(([kind, label, name]) =>
            el(
              "button",
              {
                type: "button",
                class: "button small",
                data: { testid: `add-${kind}` },
                on: { click: () => change({ change: "add", kind, name }) },
              },
              label,
            ),
          ),
        ),
      ),
      el(
        "div",
        { class: "dialog-actions" },
        el("button", { type: "button", class: "button", on: { click: () => this.#dialog.close() } }, "Close"),
      ),
    );
  }
}

function row(user) {
  const verb = user.deleted ? "reactivate" : "deactivate";
  const state = user.deleted ? "Deactivated" : (TITLES[user.kind] ?? user.title ?? "");
  return el(
    "li",
    { class: user.deleted ? "member gone" : "member" },
    avatar(user.id, "small"),
    el("span", { class: "person-words" }, el("strong", {}, nameOf(user.id)), el("span", { class: "person-title" }, state)),
    el(
      "button",
      {
        type: "button",
        class: user.deleted ? "button small" : "button small danger",
        "aria-label": `${user.deleted ? "Reactivate" : "Deactivate"} ${nameOf(user.id)}`,
        data: { testid: `${verb}-${user.id}` },
        on: { click: () => change({ change: verb, whom: user.id }) },
      },
      user.deleted ? icon("check") : null,
      user.deleted ? "Reactivate" : "Deactivate",
    ),
  );
}

async function change(what) {
  try {
    const answer = await post("/client/people", { user: workspace.me, ...what });
    if (answer.ok === false) toast(`Not done: ${answer.error}`, "error");
  } catch (reason) {
    toast(reason.message, "error");
  }
}
