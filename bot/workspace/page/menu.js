/** A pop-up menu beside a control: arrows move, Enter chooses, Esc or a click elsewhere closes. */

import { el } from "./dom.js";

let openOne = null;

/** items = [{label: node or text, testid?, danger?, checked?}]; choose(index) runs after the menu closed. */
export function openMenu(anchor, items, choose, { label = "Menu", wide = false } = {}) {
  closeMenu();
  const list = el(
    "div",
    { class: wide ? "menu wide" : "menu", role: "menu", "aria-label": label, popover: "auto" },
    items.map((item, index) =>
      el(
        "button",
        {
          type: "button",
          class: item.danger ? "menu-item danger" : "menu-item",
          role: item.checked === undefined ? "menuitem" : "menuitemradio",
          "aria-checked": item.checked === undefined ? null : String(item.checked),
          data: item.testid ? { testid: item.testid } : {},
          tabIndex: -1,
          on: {
            click: () => {
              closeMenu();
              anchor.focus();
              choose(index);
            },
          },
        },
        item.label,
      ),
    ),
  );
  // Inside an open dialog everything outside it is inert, so the menu lives where its control lives.
  (anchor.closest("dialog") ?? document.body).append(list);
  anchor.setAttribute("aria-expanded", "true");
  openOne = { list, anchor };
  list.addEventListener("keydown", (event) => onKey(event, list));
  list.addEventListener("toggle", (event) => {
    if (event.newState === "closed") closeMenu();
  });
  list.showPopover();
  place(list, anchor);
  (list.querySelector('[aria-checked="true"]') ?? list.firstElementChild)?.focus();
}

export function closeMenu() {
  if (!openOne) return;
  const { list, anchor } = openOne;
  openOne = null;
  anchor.setAttribute("aria-expanded", "false");
  const inside = list.contains(document.activeElement);
  list.remove();
  if (inside) anchor.focus();
}

export function menuIsOpenAt(anchor) {
  return openOne?.anchor === anchor;
}

function place(list, anchor) {
  const box = anchor.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = list;
  const below = box.bottom + 6 + height <= innerHeight || box.top < height + 6;
  const left = box.left + width > innerWidth - 8 ? box.right - width : box.left;
  list.style.left = `${Math.max(8, Math.min(left, innerWidth - width - 8))}px`;
  list.style.top = `${below ? box.bottom + 6 : box.top - height - 6}px`;
}

function onKey(event, list) {
  const items = [...list.children];
  const at = items.indexOf(document.activeElement);
  const move = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1 }[event.key];
  if (event.key === "Tab") closeMenu();
  if (move === undefined) return;
  event.preventDefault();
  items[(move + items.length) % items.length].focus();
}
