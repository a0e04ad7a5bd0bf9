/** The "You are" switch: which person of the workspace this browser acts as. */

import { el, icon } from "./dom.js";
import { closeMenu, menuIsOpenAt, openMenu } from "./menu.js";
import { avatar, nameOf, people, workspace } from "./workspace.js";

export class PersonSwitch {
  constructor(node, onChoose, onManage) {
    this.node = node;
    this.onChoose = onChoose;
    this.onManage = onManage;
    // pointerdown: the menu closes itself on the same press, so ask before whether it was open.
    node.addEventListener("pointerdown", () => {
      this.wasOpen = menuIsOpenAt(node);
    });
    node.addEventListener("click", () => {
      if (this.wasOpen) closeMenu();
      else this.#open();
      this.wasOpen = false;
    });
  }

  draw() {
    const user = workspace.users.get(workspace.me);
    this.node.replaceChildren(
      avatar(workspace.me),
      el(
        "span",
        { class: "person-words" },
        el(
          "span",
          { class: "person-line" },
          el("span", { class: "you-are" }, "You are "),
          el("strong", { class: "person-name" }, nameOf(workspace.me)),
        ),
        el("span", { class: "person-title" }, user?.title ?? ""),
      ),
      icon("chevron"),
    );
    this.node.setAttribute("aria-label", `You are ${nameOf(workspace.me)}, ${user?.title ?? ""}. Switch person`);
  }

  #open() {
    const all = people();
    const items = all.map((user) => ({
      testid: `person-${user.id}`,
      checked: user.id === workspace.me,
      label: row(user),
    }));
    items.push({ testid: "manage-people", label: el("span", { class: "menu-more" }, "Manage people…") });
    openMenu(
      this.node,
      items,
      (index) => {
        if (index === all.length) this.onManage();
        else if (all[index].id !== workspace.me) this.onChoose(all[index].id);
      },
      { label: "Act as", wide: true },
    );
  }
}

function row(user) {
  return [
    avatar(user.id),
    el(
      "span",
      { class: "person-words" },
      el("strong", {}, nameOf(user.id)),
      el("span", { class: "person-title" }, user.title ?? ""),
    ),
    user.id === workspace.me ? icon("check") : null,
  ];
}
