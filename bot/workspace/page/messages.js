/** A list of messages in time order, kept up to date message by message. */

import { dayKey, dayLabel } from "./dates.js";
import { el, icon } from "./dom.js";
import { rememberEdits, restoreEdits } from "./inputs.js";
import { later } from "./memory.js";
import { renderMessage } from "./message.js";

const FOLLOW_ON_SECONDS = 300; // a person's next line within five minutes needs no second portrait
const NEAR_END_PX = 90;

export class MessageList {
  #fetches = new Set(); // of each fetch under way: ts → whether it still stands, of what came live meanwhile
  #entries = new Map(); // ts → {message, node, drawn: its JSON, to skip redrawing what did not change}
  #unreadAfter = null;

  /** empty is the node to show while there is nothing; label names the list to screen readers. */
  constructor({ inThread = false, empty = null, label = "Messages" } = {}) {
    this.inThread = inThread;
    this.list = el("div", { class: "message-list", role: "region", "aria-label": label });
    this.jump = el(
      "button",
      { type: "button", class: "jump", hidden: true, on: { click: () => this.toEnd() } },
      icon("down"),
      "New messages",
    );
    this.empty = empty;
    this.node = el("div", { class: "scroller", tabIndex: 0, "aria-label": label }, this.list, this.jump);
    this.node.addEventListener(
      "scroll",
      () => {
        if (this.#nearEnd()) this.jump.hidden = true;
      },
      { passive: true },
    );
    // Pictures and late fonts change the height after the list was drawn: stay at the end if we were there.
    new ResizeObserver(() => {
      if (this.pinned) this.toEnd();
    }).observe(this.list);
    this.node.addEventListener(
      "scroll",
      () => {
        this.pinned = this.#nearEnd();
      },
      { passive: true },
    );
    this.pinned = true;
  }

  /** Call before fetching and give the answer to `sync`: what arrives live until then is newer than what was fetched. */
  expect() {
    const arrived = new Map();
    this.#fetches.add(arrived);
    return arrived;
  }

  /** Shows exactly these messages, and keeps hidden ones (only visible to you) that the server no longer lists. */
  sync(messages, arrived, { unreadAfter = null } = {}) {
    if (unreadAfter) this.#unreadAfter = unreadAfter;
    this.#fetches.delete(arrived);
    const listed = new Set(messages.map((message) => message.ts));
    for (const [ts, { message }] of this.#entries) {
      if (!listed.has(ts) && !message.ephemeral_to && !arrived.get(ts)) this.#drop(ts);
    }
    for (const message of messages) if (!arrived.has(message.ts)) this.#put(message);
    this.#arrange();
    if (this.pinned) this.toEnd();
  }

  /** Adds or replaces one message. */
  upsert(message, { mine = false } = {}) {
    const isNew = !this.#entries.has(message.ts);
    const stay = this.#nearEnd() || (isNew && mine);
    for (const arrived of this.#fetches) arrived.set(message.ts, true);
    this.#put(message);
    this.#arrange();
    if (stay) this.toEnd();
    else if (isNew) this.jump.hidden = false;
  }

  remove(ts) {
    for (const arrived of this.#fetches) arrived.set(ts, false);
    this.#drop(ts);
    this.#arrange();
  }

  /** Scrolls to a message and marks it for a moment; false if it is not in the list. */
  point(ts) {
    const node = this.#entries.get(ts)?.node;
    if (!node) return false;
    this.pinned = false;
    node.scrollIntoView({ block: "center" });
    node.focus({ preventScroll: true });
    node.classList.add("pointed");
    return true;
  }

  get(ts) {
    return this.#entries.get(ts)?.message;
  }

  latest() {
    return [...this.#entries.keys()].reduce((best, ts) => (later(ts, best) ? ts : best), "0");
  }

  toEnd() {
    this.node.scrollTop = this.node.scrollHeight;
    this.jump.hidden = true;
    this.pinned = true;
  }

  #nearEnd() {
    return this.node.scrollHeight - this.node.scrollTop - this.node.clientHeight < NEAR_END_PX;
  }

  #drop(ts) {
    this.#entries.get(ts)?.node.remove();
    this.#entries.delete(ts);
  }

  #put(message) {
    const drawn = JSON.stringify(message);
    const before = this.#entries.get(message.ts);
    if (before?.drawn === drawn) return;
    const node = renderMessage(message, { inThread: this.inThread });
    if (before) swap(before.node, node);
    this.#entries.set(message.ts, { message, node, drawn });
  }

  /** Puts nodes in order, with day lines, the "New" line, and no repeated heads. */
  #arrange() {
    for (const line of this.list.querySelectorAll(":scope > .day, :scope > .new-line, :scope > .empty")) line.remove();
    const ordered = [...this.#entries.values()].sort((a, b) => (later(a.message.ts, b.message.ts) ? 1 : -1));
    if (!ordered.length && this.empty) this.list.append(this.empty);
    let before = null;
    let marked = this.#unreadAfter === null || this.#unreadAfter === "0";
    let at = this.list.firstChild;
    const place = (node) => {
      if (at === node)
        at = at.nextSibling; // moving a node would drop its focus
      else this.list.insertBefore(node, at);
    };
    for (const { message, node } of ordered) {
      const newDay = !before || dayKey(before.ts) !== dayKey(message.ts);
      if (newDay) place(el("div", { class: "day", role: "separator" }, el("span", {}, dayLabel(message.ts))));
      const firstNew = !marked && later(message.ts, this.#unreadAfter);
      if (firstNew && before) place(el("div", { class: "new-line", role: "separator" }, el("span", {}, "New")));
      marked = marked || firstNew;
      node.classList.toggle("follows", !newDay && !firstNew && followsOn(before, message));
      place(node);
      before = message;
    }
  }
}

function followsOn(before, message) {
  const same = (before.user ?? before.bot_id) === (message.user ?? message.bot_id);
  const plain = !before.ephemeral_to && !message.ephemeral_to && !before.bot_id && !message.bot_id;
  return same && plain && Number(message.ts) - Number(before.ts) < FOLLOW_ON_SECONDS;
}

/** Replaces a drawn message; what was typed into it and where the focus stood are carried over. */
function swap(old, fresh) {
  const edits = rememberEdits(old);
  const focused = old.contains(document.activeElement) ? document.activeElement.closest("[data-control]") : null;
  const hadFocus = old.contains(document.activeElement);
  old.replaceWith(fresh);
  restoreEdits(fresh, edits);
  if (!hadFocus) return;
  const same =
    focused &&
    [...fresh.querySelectorAll("[data-control]")].find(
      (node) => node.dataset.blockId === focused.dataset.blockId && node.dataset.actionId === focused.dataset.actionId,
    );
  (same ?? fresh).focus({ preventScroll: true });
}
