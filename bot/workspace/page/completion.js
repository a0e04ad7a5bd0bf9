/** Suggestions above the composer: slash commands at the start of a line, people after an @. */

import { el } from "./dom.js";
import { avatar, nameOf, people, workspace } from "./workspace.js";

/** The suggestions for the text before the caret: {from, items: [{insert, title, note, hint, avatar}]} or null. */
export function suggestionsFor(text, caret) {
  const before = text.slice(0, caret);
  if (/^\/\S*$/.test(before)) return commandSuggestions(before);
  const at = /(?:^|\s)@([\p{L}\p{N}]*)$/u.exec(before);
  return at ? mentionSuggestions(at[1].toLowerCase(), caret - at[1].length - 1) : null;
}

function commandSuggestions(before) {
  const typed = before.toLowerCase();
  const items = workspace.commands
    .filter(({ command }) => command.toLowerCase().startsWith(typed))
    .map(({ command, description, usage_hint: hint }) => ({
      insert: `${command} `,
      title: command,
      hint: hint ?? "",
      note: description ?? "",
    }));
  return items.length
    ? { from: 0, kind: "command", exact: items.some((item) => item.title.toLowerCase() === typed), items }
    : null;
}

function mentionSuggestions(typed, from) {
  const bot = { id: workspace.bot.user_id, name: workspace.bot.name, note: "Your marketing agents" };
  const others = people()
    .filter((user) => user.id !== workspace.me)
    .map((user) => ({ id: user.id, name: nameOf(user.id), note: user.title ?? "" }));
  const items = [bot, ...others]
    .filter(({ name }) => name.toLowerCase().startsWith(typed))
    .map(({ id, name, note }) => ({ insert: `@${name} `, title: `@${name}`, hint: "", note, avatar: id }));
  return items.length ? { from, kind: "mention", exact: false, items } : null;
}

let listNumber = 0;

/** The list of suggestions of one text field. */
export class Completion {
  #found = null;
  #at = 0;

  constructor(field) {
    this.field = field;
    this.id = `suggestions-${(listNumber += 1)}`;
    this.node = el("div", {
      class: "suggestions",
      role: "listbox",
      id: this.id,
      "aria-label": "Suggestions",
      hidden: true,
      data: { testid: "suggestions" },
    });
    field.setAttribute("role", "combobox");
    field.setAttribute("aria-autocomplete", "list");
    field.setAttribute("aria-controls", this.id);
    field.setAttribute("aria-expanded", "false");
    field.addEventListener("input", () => this.refresh());
    field.addEventListener("click", () => this.refresh());
    field.addEventListener("blur", () => setTimeout(() => this.close(), 150)); // a click on a suggestion comes first
  }

  get isOpen() {
    return !this.node.hidden;
  }

  refresh() {
    this.#found =
      this.field.selectionStart === this.field.selectionEnd
        ? suggestionsFor(this.field.value, this.field.selectionStart)
        : null;
    this.#at = 0;
    if (!this.#found) return this.close();
    this.node.replaceChildren(...this.#found.items.map((item, index) => this.#row(item, index)));
    this.node.hidden = false;
    this.field.setAttribute("aria-expanded", "true");
    return this.#highlight();
  }

  close() {
    this.node.hidden = true;
    this.field.setAttribute("aria-expanded", "false");
    this.field.removeAttribute("aria-activedescendant");
  }

  /** Takes the key if it belongs to the list; a command typed in full lets Enter send it. */
  takes(event) {
    if (!this.isOpen) return false;
    const count = this.#found.items.length;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      this.#at = (this.#at + (event.key === "ArrowDown" ? 1 : count - 1)) % count;
      this.#highlight();
    } else if (event.key === "Escape") {
      this.close();
    } else if (
      event.key === "Tab" ||
      (event.key === "Enter" && !event.shiftKey && !(this.#found.exact && this.#at === 0))
    ) {
      this.#accept(this.#at);
    } else return false;
    event.preventDefault();
    event.stopPropagation();
    return true;
  }

  #row(item, index) {
    return el(
      "div",
      {
        class: "suggestion",
        role: "option",
        id: `${this.id}-${index}`,
        on: {
          mousedown: (event) => {
            event.preventDefault();
            this.#accept(index);
          },
        },
      },
      item.avatar ? avatar(item.avatar, "small") : null,
      el("span", { class: "suggestion-title" }, item.title),
      item.hint ? el("code", { class: "suggestion-hint" }, item.hint) : null,
      el("span", { class: "suggestion-note" }, item.note),
    );
  }

  #highlight() {
    [...this.node.children].forEach((row, index) => row.setAttribute("aria-selected", String(index === this.#at)));
    const row = this.node.children[this.#at];
    this.field.setAttribute("aria-activedescendant", row.id);
    row.scrollIntoView({ block: "nearest" });
  }

  #accept(index) {
    const { from, items } = this.#found;
    const rest = this.field.value.slice(this.field.selectionStart).replace(/^ /, "");
    const head = this.field.value.slice(0, from) + items[index].insert;
    this.field.value = head + rest;
    this.field.setSelectionRange(head.length, head.length);
    this.close();
    this.field.dispatchEvent(new Event("input", { bubbles: true }));
  }
}
