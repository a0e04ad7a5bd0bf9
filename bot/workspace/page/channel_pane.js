/** The main pane of a channel or of the conversation with the bot: head, messages, composer. */

import { get } from "./api.js";
import { Composer } from "./composer.js";
import { acceptDrops } from "./drop_zone.js";
import { el, icon } from "./dom.js";
import { MessageList } from "./messages.js";
import { memory } from "./memory.js";
import { mrkdwn } from "./mrkdwn.js";
import { avatar, channelLabel, workspace } from "./workspace.js";

export class ChannelPane {
  constructor(channelId) {
    this.channel = workspace.channels.get(channelId);
    const label = channelLabel(this.channel);
    this.composer = new Composer({ where: () => ({ channel: channelId }), placeholder: `Message ${label}` });
    this.messages = new MessageList({
      empty: welcome(this.channel, (text) => this.composer.offer(text)),
      label: `Messages in ${label}`,
    });
    this.node = el(
      "section",
      { class: "pane", "aria-label": label },
      head(this.channel),
      this.messages.node,
      this.composer.node,
      el(
        "p",
        { class: "composer-hint wide-only" },
        el("kbd", {}, "Enter"),
        " sends  ",
        el("kbd", {}, "/"),
        " commands  ",
        el("kbd", {}, "@"),
        " mentions  ",
        "drop files anywhere here",
      ),
    );
    acceptDrops(this.node, { label, take: (files) => this.composer.attach(files) });
  }

  /** Fetches what the channel holds; the first time it also marks where the unread ones begin. */
  async refresh() {
    const unreadAfter = this.loaded ? null : memory.lastRead(workspace.me, this.channel.id);
    const user = workspace.me;
    const arrived = this.messages.expect();
    const { messages } = await get("/client/history", { user, channel: this.channel.id });
    if (user !== workspace.me) return;
    this.messages.sync(messages.filter(standsInChannel), arrived, { unreadAfter });
    this.loaded = true;
    this.markRead();
  }

  markRead() {
    memory.setLastRead(workspace.me, this.channel.id, this.messages.latest());
  }
}

/** Whether a message belongs to the channel itself and not only to a thread. */
export function standsInChannel(message) {
  return (
    !message.thread_ts ||
    message.thread_ts === message.ts ||
    message.subtype === "thread_broadcast" ||
    Boolean(message.ephemeral_to)
  );
}

function head(channel) {
  const face = channel.is_im ? avatar(workspace.bot.user_id, "small") : icon("hash");
  const members = channel.members?.length ?? 0;
  const note = channel.topic || (channel.is_im ? "Your own conversation with the agents" : "");
  return el(
    "header",
    { class: "pane-head" },
    el("h1", { class: "pane-title" }, face, el("span", {}, channel.is_im ? workspace.bot.name : channel.name)),
    el("p", { class: "pane-topic" }, mrkdwn(note)),
    channel.is_im || !members
      ? null
      : el("span", { class: "members", title: `${members} members` }, `${members} members`),
  );
}

/** What an empty channel says: what it is for, and things to try that this workspace really has. */
function welcome(channel, offer) {
  const known = new Set(workspace.commands.map(({ command }) => command));
  const question = channel.is_im ? "How is ROAS this week?" : `@${workspace.bot.name} how is ROAS this week?`;
  const tries = [
    question,
    ...["/plan", "/kpi", "/data", "/fleet"].filter((command) => known.has(command)).map((command) => `${command} `),
  ];
  const words = channel.is_im
    ? "Ask about your numbers, drop exports of your tools here to have them read, or let the agents propose a plan. Nothing changes before a person signs it."
    : "Plans of the agents appear here as cards. Approve, edit or reject them with a button; every change can be taken back.";
  return el(
    "div",
    { class: "empty" },
    avatar(workspace.bot.user_id, "large"),
    el("h2", {}, channel.is_im ? `This is you and ${workspace.bot.name}` : `Welcome to #${channel.name}`),
    el("p", {}, words),
    el(
      "div",
      { class: "tries" },
      tries.map((text) =>
        el("button", { type: "button", class: "try", on: { click: () => offer(text) } }, text.trim()),
      ),
    ),
  );
}
