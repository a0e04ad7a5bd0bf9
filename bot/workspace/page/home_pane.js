/** The Home tab: the view that the app published for the acting person. */

import { get, post } from "./api.js";
import { renderBlocks } from "./blocks.js";
import { el } from "./dom.js";
import { rememberEdits, restoreEdits } from "./inputs.js";
import { avatar, nameOf, workspace } from "./workspace.js";

export class HomePane {
  constructor() {
    this.body = el("div", { class: "home-body", "aria-live": "off" });
    this.node = el(
      "section",
      { class: "pane home", "aria-label": "Home", data: { testid: "home" } },
      el(
        "header",
        { class: "pane-head" },
        el("h1", { class: "pane-title" }, "Home"),
        el("p", { class: "pane-topic" }, `For ${nameOf(workspace.me)}`),
      ),
      el("div", { class: "scroller", tabIndex: 0, "aria-label": "Home" }, this.body),
    );
    this.show(null);
  }

  async refresh() {
    const { view } = await get("/client/home", { user: workspace.me });
    this.show(view);
  }

  /** Tells the app that its Home was opened, which is its moment to publish a fresh one. */
  async opened() {
    await this.refresh();
    await post("/client/home_opened", { user: workspace.me });
  }

  show(view) {
    if (!view) {
      this.body.replaceChildren(
        el(
          "div",
          { class: "empty" },
          avatar(workspace.bot.user_id, "large"),
          el("h2", {}, "Preparing your Home"),
          el("p", {}, "What waits for you, recent decisions and the state of your campaigns will stand here."),
        ),
      );
      return;
    }
    const edits = this.body.firstChild ? rememberEdits(this.body) : [];
    const surface = el(
      "div",
      { class: "home-view blocks", data: { surface: "home", viewId: view.id ?? "" } },
      renderBlocks(view.blocks),
    );
    this.body.replaceChildren(surface);
    restoreEdits(surface, edits);
  }
}
