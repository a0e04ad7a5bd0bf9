/** Small dialogs: a question before a click counts, and a picture shown large. Focus stays inside until they close. */

import { el, icon } from "./dom.js";
import { plainWords, renderText } from "./mrkdwn.js";

/** Slack's confirm object as a question; resolves to whether the person agreed. */
export function ask(confirm) {
  return new Promise((resolve) => {
    const primary = confirm.style === "danger" ? "button danger solid" : "button primary";
    const dialog = el(
      "dialog",
      { class: "dialog small", "aria-labelledby": "confirm-title", data: { testid: "confirm" } },
      el("h2", { id: "confirm-title" }, renderText(confirm.title ?? { type: "plain_text", text: "Are you sure?" })),
      el("div", { class: "dialog-body mrkdwn" }, renderText(confirm.text)),
      el(
        "div",
        { class: "dialog-actions" },
        el(
          "button",
          {
            type: "button",
            class: "button",
            data: { testid: "confirm-deny" },
            on: { click: () => dialog.close("no") },
          },
          plainWords(confirm.deny ?? "Cancel"),
        ),
        el(
          "button",
          {
            type: "button",
            class: primary,
            data: { testid: "confirm-accept" },
            on: { click: () => dialog.close("yes") },
          },
          plainWords(confirm.confirm ?? "Yes"),
        ),
      ),
    );
    show(dialog, () => resolve(dialog.returnValue === "yes"));
  });
}

/** The picture on a dark ground; Esc, the button or a click beside it closes. */
export function enlarge(source, alt, title) {
  const dialog = el(
    "dialog",
    { class: "lightbox", "aria-label": title || alt || "Picture", data: { testid: "lightbox" } },
    el(
      "button",
      {
        type: "button",
        class: "icon-button lightbox-close",
        "aria-label": "Close",
        on: { click: () => dialog.close() },
      },
      icon("close"),
    ),
    el("img", { src: source, alt }),
    title ? el("p", { class: "lightbox-title" }, title) : null,
  );
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) dialog.close();
  });
  show(dialog, () => {});
}

function show(dialog, done) {
  const before = document.activeElement;
  dialog.addEventListener("close", () => {
    dialog.remove();
    before?.focus?.();
    done();
  });
  document.body.append(dialog);
  dialog.showModal();
}
