/** What each event of the live line does to the page. */

import { settle } from "./clicks.js";
import { standsInChannel } from "./channel_pane.js";
import { spoken } from "./message.js";
import { LiveStream } from "./stream.js";
import { announce, toast } from "./toasts.js";
import { authorOf, workspace } from "./workspace.js";

const STATUS_FADES_MS = 120_000; // a bot that died must not seem to think for ever

export class Live {
  constructor(page) {
    this.page = page;
    this.stream = new LiveStream({
      onEvent: (event) => this.#on(event),
      onOpen: () => {
        this.#connection("");
        page.refresh();
      },
      onLost: () => this.#connection("The line to the workspace is down. Reconnecting…"),
    });
    this.statusTimer = 0;
    addEventListener("pagehide", () => this.stream.close());
  }

  openAs(user) {
    clearTimeout(this.statusTimer);
    this.stream.open(user);
  }

  #on(event) {
    const { page } = this;
    switch (event.type) {
      case "message":
      case "ephemeral":
        return this.#arrived(event.message);
      case "message_changed":
        return this.#changed(event.message);
      case "message_deleted":
        for (const pane of this.#panesOf(event.channel)) pane.messages.remove(event.ts);
        return undefined;
      case "view_opened":
        return page.modals.open(event.view);
      case "view_pushed":
        return page.modals.push(event.view);
      case "view_updated":
        return page.modals.update(event.view);
      case "view_closed":
        return page.modals.closed(event.view_id);
      case "view_errors":
        return page.modals.errors(event.view_id, event.errors);
      case "home":
        return page.place === "home" ? page.pane.show(event.view) : undefined;
      case "people":
        return page.peopleChanged();
      case "status":
        return this.#status(event);
      case "toast":
        settle(); // a notice answers the click before it
        return toast(event.text, event.level);
      default:
        return undefined; // a newer server may say more than this page knows
    }
  }

  #arrived(message) {
    const { page } = this;
    const mine = message.user === workspace.me;
    const inPane = this.#showsChannel(message.channel) && (standsInChannel(message) || this.#hiddenReply(message));
    const inThread = page.thread.holds(message);
    if (inPane && !(inThread && message.ephemeral_to)) page.pane.messages.upsert(message, { mine });
    if (inThread) page.thread.messages.upsert(message, { mine });
    this.#openAnswer(message);
    if (authorOf(message).bot) this.#status({ channel: message.channel, thread_ts: message.thread_ts, status: "" });
    if (message.ephemeral_to) settle();
    if (this.#showsChannel(message.channel)) page.pane.markRead();
    else if (!mine) page.sidebar.addUnread(message.channel);
    if (!mine) announce(spoken(message));
  }

  /** An answer to what this person just asked in the channel opens beside it, where there is room. */
  #openAnswer(message) {
    const { pane, thread } = this.page;
    const asked =
      this.#showsChannel(message.channel) && message.thread_ts !== message.ts
        ? pane.messages.get(message.thread_ts)
        : null;
    const answers = asked?.user === workspace.me && authorOf(message).bot && !asked.bot_id;
    if (answers && !thread.isOpen && matchMedia("(min-width: 1081px)").matches)
      this.page.openThread(message.channel, message.thread_ts, { focus: false });
  }

  #hiddenReply(message) {
    return message.ephemeral_to && message.thread_ts && !this.page.thread.holds(message);
  }

  #changed(message) {
    for (const pane of this.#panesOf(message.channel)) {
      if (pane.messages.get(message.ts)) pane.messages.upsert(message);
    }
  }

  #panesOf(channel) {
    const { pane, thread } = this.page;
    return [
      this.#showsChannel(channel) ? pane : null,
      thread.isOpen && thread.channel === channel ? thread : null,
    ].filter(Boolean);
  }

  #showsChannel(channel) {
    return this.page.place === channel;
  }

  #status({ channel, thread_ts: threadTs, status }) {
    const { pane, thread } = this.page;
    clearTimeout(this.statusTimer);
    if (thread.isOpen && thread.channel === channel && (!status || thread.ts === threadTs))
      thread.composer.setStatus(status);
    if (this.#showsChannel(channel) && (!status || thread.ts !== threadTs || !threadTs))
      pane.composer.setStatus(status);
    if (status)
      this.statusTimer = setTimeout(() => this.#status({ channel, thread_ts: threadTs, status: "" }), STATUS_FADES_MS);
  }

  #connection(text) {
    const line = document.getElementById("connection");
    line.textContent = text;
    line.hidden = !text;
  }
}
