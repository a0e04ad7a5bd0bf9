/** The thread beside the channel: the message it started from, its replies, and a composer of its own. */

import { get } from "./api.js";
import { Composer } from "./composer.js";
import { acceptDrops } from "./drop_zone.js";
import { el, icon } from "./dom.js";
import { MessageList } from "./messages.js";
import { channelLabel, workspace } from "./workspace.js";

export class ThreadPane {
  constructor(node, { onClose }) {
    this.node = node;
    this.onClose = onClose;
    this.ts = null;
    this.channel = null;
    this.veil = acceptDrops(node, { label: "this thread", take: (files) => this.composer.attach(files) });
  }

  get isOpen() {
    return this.ts !== null;
  }

  async open(channelId, ts, { focus = true } = {}) {
    this.channel = channelId;
    this.ts = ts;
    this.composer = new Composer({
      where: () => ({ channel: channelId, thread_ts: ts }),
      placeholder: "Reply…",
      testid: "thread-composer",
      sendTestid: "thread-send",
    });
    this.messages = new MessageList({ inThread: true, label: "Replies" });
    this.node.replaceChildren(
      el(
        "header",
        { class: "pane-head" },
        el("h2", { class: "pane-title" }, "Thread"),
        el("p", { class: "pane-topic" }, channelLabel(workspace.channels.get(channelId))),
        el(
          "button",
          {
            type: "button",
            class: "icon-button",
            "aria-label": "Close thread",
            data: { testid: "thread-close" },
            on: { click: () => this.close() },
          },
          icon("close"),
        ),
      ),
      this.messages.node,
      this.composer.node,
      this.veil,
    );
    this.node.hidden = false;
    document.body.classList.add("has-thread");
    await this.refresh();
    if (focus) this.composer.field.focus();
  }

  async refresh() {
    const { ts } = this;
    const arrived = this.messages.expect();
    const { messages } = await get("/client/history", { user: workspace.me, channel: this.channel, thread_ts: ts });
    if (ts === this.ts) this.messages.sync(messages, arrived);
  }

  holds(message) {
    return this.isOpen && message.channel === this.channel && (message.thread_ts === this.ts || message.ts === this.ts);
  }

  close() {
    if (!this.isOpen) return;
    this.ts = null;
    this.channel = null;
    this.node.hidden = true;
    this.node.replaceChildren();
    document.body.classList.remove("has-thread");
    this.onClose();
  }
}
