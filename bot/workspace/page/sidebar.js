/** The left side: Home, channels, the acting person's own conversation with the bot, and what is unread. */

import { el, icon } from "./dom.js";
import { avatar, channelLabel, myChannels, workspace } from "./workspace.js";

export class Sidebar {
  #unread = new Map();

  constructor(node, { onHome, onChannel }) {
    this.node = node;
    this.onHome = onHome;
    this.onChannel = onChannel;
    this.place = null;
  }

  /** place is a channel id or "home". */
  show(place) {
    this.place = place;
    this.#unread.delete(place);
    this.draw();
  }

  setUnread(channel, count) {
    if (channel === this.place || count === 0) this.#unread.delete(channel);
    else this.#unread.set(channel, count);
    this.draw();
  }

  addUnread(channel) {
    this.setUnread(channel, (this.#unread.get(channel) ?? 0) + 1);
  }

  forgetUnread() {
    this.#unread.clear();
  }

  totalUnread() {
    return [...this.#unread.values()].reduce((sum, count) => sum + count, 0);
  }

  draw() {
    const channels = myChannels();
    const shared = channels.filter((channel) => !channel.is_im);
    const direct = channels.filter((channel) => channel.is_im);
    const focused = this.node.contains(document.activeElement) ? document.activeElement.dataset.testid : null;
    this.node.replaceChildren(
      el(
        "div",
        { class: "side-top" },
        this.#row({ place: "home", testid: "home-tab", face: icon("home"), label: "Home", open: this.onHome }),
      ),
      el("h2", { class: "side-title" }, "Channels"),
      el(
        "div",
        { class: "side-list" },
        shared.map((channel) => this.#channel(channel, icon("hash"), channel.name)),
      ),
      el("h2", { class: "side-title" }, "Direct message"),
      el(
        "div",
        { class: "side-list" },
        direct.map((channel) => this.#channel(channel, avatar(workspace.bot.user_id, "small"), workspace.bot.name)),
      ),
      el("p", { class: "side-foot" }, "Runs on this machine. Switch person above to approve, reject or just look on."),
    );
    if (focused) this.node.querySelector(`[data-testid="${CSS.escape(focused)}"]`)?.focus();
    document.body.classList.toggle("has-unread", this.totalUnread() > 0);
    document.title = `${this.totalUnread() ? `(${this.totalUnread()}) ` : ""}${this.#placeName()} · ${workspace.team.name}`;
  }

  #placeName() {
    const channel = workspace.channels.get(this.place);
    return channel ? channelLabel(channel) : "Home";
  }

  #channel(channel, face, label) {
    return this.#row({
      place: channel.id,
      testid: `channel-${channel.id}`,
      face,
      label,
      open: () => this.onChannel(channel.id),
    });
  }

  #row({ place, testid, face, label, open }) {
    const unread = this.#unread.get(place) ?? 0;
    return el(
      "button",
      {
        type: "button",
        class: unread ? "side-row unread" : "side-row",
        "aria-current": this.place === place ? "page" : null,
        data: { testid },
        on: { click: open },
      },
      face,
      el("span", { class: "side-label" }, label),
      unread
        ? el("span", { class: "badge", "aria-label": `${unread} unread` }, unread > 99 ? "99+" : String(unread))
        : null,
    );
  }
}
