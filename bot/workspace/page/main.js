/** Starts the page and joins its parts: what is open, who is acting, and what the live line brings. */

import { get } from "./api.js";
import { ChannelPane } from "./channel_pane.js";
import { listenForClicks } from "./clicks.js";
import { sendText } from "./composer.js";
import { icon, mark } from "./dom.js";
import { ignoreOtherDrops } from "./drop_zone.js";
import { HomePane } from "./home_pane.js";
import { Live } from "./live.js";
import { memory, later } from "./memory.js";
import { MembersDialog } from "./members.js";
import { Modals } from "./modals.js";
import { PersonSwitch } from "./people.js";
import { Sidebar } from "./sidebar.js";
import { ThreadPane } from "./thread_pane.js";
import { toast } from "./toasts.js";
import { fill, myChannels, people, workspace } from "./workspace.js";

const byId = (id) => document.getElementById(id);

class Page {
  constructor() {
    this.sidebar = new Sidebar(byId("sidebar"), { onHome: () => this.open("home"), onChannel: (id) => this.open(id) });
    this.person = new PersonSwitch(byId("person-switch"), (user) => this.become(user), () => this.members.open());
    this.members = new MembersDialog();
    this.thread = new ThreadPane(byId("thread"), { onClose: () => byId("main").focus() });
    this.modals = new Modals();
    this.live = new Live(this);
    this.pane = null;
    this.place = null;
  }

  /** Acts as this person: own place, own unread counts, own live line. */
  become(user) {
    workspace.me = user;
    memory.setPerson(user);
    this.modals.closeAll();
    this.thread.close();
    this.sidebar.forgetUnread();
    this.person.draw();
    this.open(this.#placeOf(user));
    this.live.openAs(user);
    this.#attempt(this.#restoreModals(user));
  }

  /** Modals outlive a reload: the server still counts them as open. */
  async #restoreModals(user) {
    const { views } = await get("/client/views", { user });
    if (user === workspace.me)
      views.forEach((view, index) => (index ? this.modals.push(view) : this.modals.open(view)));
  }

  /** Shows a channel by id, or "home". */
  open(place) {
    this.place = place;
    memory.setPlace(workspace.me, place);
    this.#showSidebar(false);
    this.thread.close();
    this.pane = place === "home" ? new HomePane() : new ChannelPane(place);
    byId("main-pane").replaceChildren(this.pane.node);
    this.sidebar.show(place);
    this.#attempt(place === "home" ? this.pane.opened() : this.pane.refresh());
    if (place !== "home" && matchMedia("(hover: hover)").matches) this.pane.composer.field.focus();
  }

  /** Somebody came, left or came back. Whoever this browser acts as may be gone. */
  async peopleChanged() {
    fill(await get("/client/boot"));
    this.members.draw();
    if (!people().some((user) => user.id === workspace.me)) return this.become(people()[0].id);
    this.person.draw();
    this.sidebar.draw();
    return this.refresh();
  }

  openThread(channel, ts, options) {
    this.#attempt(this.thread.open(channel, ts, options));
  }

  /** Goes to a message by "#CHANNEL/TS" or the address /archives/CHANNEL/pTS; false if this person has no such channel. */
  goTo(address) {
    const [, channel, plainTs, digits] = /(?:#|\/archives\/)(\w+)\/(?:(\d+\.\d+)|p(\d+))$/.exec(address) ?? [];
    if (!myChannels().some(({ id }) => id === channel)) return false;
    const ts = plainTs ?? `${digits.slice(0, -6)}.${digits.slice(-6)}`;
    this.open(channel);
    this.#attempt(
      this.pane.refresh().then(() => {
        if (!this.pane.messages.point(ts)) this.openThread(channel, ts);
      }),
    );
    return true;
  }

  /** Fetches everything shown once more: after the line was down something may have been missed. */
  refresh() {
    this.#attempt(this.pane.refresh());
    if (this.thread.isOpen) this.#attempt(this.thread.refresh());
    for (const channel of myChannels()) if (channel.id !== this.place) this.#attempt(this.#countUnread(channel.id));
  }

  async #countUnread(channel) {
    const user = workspace.me;
    const { messages } = await get("/client/history", { user, channel });
    const since = memory.lastRead(user, channel);
    const fresh = messages.filter((message) => message.user !== user && later(message.ts, since));
    if (user === workspace.me) this.sidebar.setUnread(channel, fresh.length);
  }

  /** Where this person was last, else the first channel. */
  #placeOf(user) {
    const place = memory.place(user);
    const mine = new Set(myChannels().map((channel) => channel.id));
    return place === "home" || mine.has(place) ? place : myChannels()[0].id;
  }

  async #attempt(work) {
    try {
      await work;
    } catch (reason) {
      toast(reason.message, "error");
    }
  }

  listen() {
    listenForClicks();
    ignoreOtherDrops();
    document.addEventListener("click", (event) => this.#onClick(event));
    document.addEventListener("keydown", (event) => this.#onKey(event));
    addEventListener("hashchange", () => this.goTo(location.hash));
    byId("menu-toggle").append(icon("menu"));
    byId("menu-toggle").addEventListener("click", () =>
      this.#showSidebar(!document.body.classList.contains("shows-sidebar")),
    );
    byId("scrim").addEventListener("click", () => this.#showSidebar(false));
  }

  #onClick(event) {
    const link = event.target.closest('a[href*="/archives/"]');
    if (link && new URL(link.href).origin === location.origin && this.goTo(link.href)) event.preventDefault();
    const hook = event.target.closest("[data-open-thread], [data-open-channel], [data-dismiss], [data-advance]");
    if (!hook) return;
    const { openThread, openChannel, dismiss, advance } = hook.dataset;
    if (openThread) this.openThread(hook.closest("[data-channel]").dataset.channel || this.place, openThread);
    if (openChannel) this.open(openChannel);
    if (dismiss) for (const pane of [this.pane, this.thread]) pane.messages?.remove(dismiss);
    if (advance) this.#advance(hook, advance);
  }

  #onKey(event) {
    if (event.key !== "Escape" || event.defaultPrevented || document.querySelector("dialog[open], .menu")) return;
    if (document.body.classList.contains("shows-sidebar")) this.#showSidebar(false);
    else this.thread.close();
  }

  /** Moves the simulated calendar by sending the slash command anybody could type. */
  async #advance(button, span) {
    button.disabled = true;
    button.setAttribute("aria-busy", "true");
    const channel = this.place === "home" ? myChannels()[0].id : this.place;
    await sendText(`/market tick ${span}`, { channel });
    button.disabled = false;
    button.removeAttribute("aria-busy");
  }

  #showSidebar(shown) {
    document.body.classList.toggle("shows-sidebar", shown);
    byId("menu-toggle").setAttribute("aria-expanded", String(shown));
    byId("scrim").hidden = !shown;
  }
}

async function start() {
  fill(await get("/client/boot"));
  byId("team-name").textContent = workspace.team.name;
  byId("brand-mark").append(mark());
  byId("simulated").hidden = !workspace.simulated;
  const page = new Page();
  page.listen();
  const known = people().map((user) => user.id);
  page.become(known.includes(memory.person()) ? memory.person() : known[0]);
  page.goTo(location.hash);
}

start().catch((reason) => {
  const note = document.createElement("p");
  note.className = "starting";
  note.textContent = `The workspace could not be opened. ${reason.message} Reload the page to try again.`;
  byId("main-pane").replaceChildren(note);
});
