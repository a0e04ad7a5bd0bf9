/** The input that takes files: each is uploaded as it is chosen, and the state names them by their ids. */

import { ServerUnavailable, upload } from "./api.js";
import { el, icon } from "./dom.js";
import { register } from "./inputs.js";
import { toast } from "./toasts.js";
import { workspace } from "./workspace.js";

const MOST_FILES = 10;

export function fileInput(element, { blockId, labelId, hintId }) {
  let files = []; // [{id, name}]
  const most = element.max_files ?? MOST_FILES;
  const chooser = el("input", {
    type: "file",
    class: "file-chooser",
    multiple: most > 1,
    accept: element.filetypes ? element.filetypes.map((type) => `.${type}`).join(",") : null,
    "aria-labelledby": labelId ?? null,
    "aria-describedby": hintId ?? null,
    on: { change: () => add([...chooser.files]) },
  });
  const list = el("ul", { class: "file-list" });
  const node = el("div", { class: "file-input" }, chooser, list);
  const draw = () => {
    const row = (file) =>
      el(
        "li",
        {},
        icon("file"),
        el("span", {}, file.name),
        el(
          "button",
          {
            type: "button",
            class: "icon-button",
            "aria-label": `Remove ${file.name}`,
            on: { click: () => keep(files.filter((one) => one.id !== file.id)) },
          },
          icon("close"),
        ),
      );
    list.replaceChildren(...files.map(row));
  };
  const keep = (wanted) => {
    files = wanted;
    draw();
  };
  const add = async (chosen) => {
    for (const file of chosen.slice(0, most - files.length)) {
      try {
        const answer = await upload(workspace.me, file);
        if (answer.ok) keep([...files, answer.file]);
        else toast(`${file.name} was not taken: ${answer.error}`, "error");
      } catch (reason) {
        if (!(reason instanceof ServerUnavailable)) throw reason;
        toast(reason.message, "error");
      }
    }
    chooser.value = "";
  };
  return register(node, {
    element,
    blockId,
    fires: false,
    read: () => ({ files: files.map((file) => file.id) }),
    write: () => {}, // a view that is drawn again starts without files, as in Slack
  });
}
