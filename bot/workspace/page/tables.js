/** Table blocks: cells of text, rich text or numbers; a wide table scrolls inside its own frame. */

import { el } from "./dom.js";
import { richText } from "./rich_text.js";

export function table(block) {
  const rows = block.rows ?? [];
  const settings = block.column_settings ?? [];
  const numeric = columnsOfNumbers(rows);
  const line = (cells, tag) =>
    el(
      "tr",
      {},
      cells.map((cell, at) => cellNode(cell, tag, alignment(settings[at], numeric.has(at)), settings[at]?.is_wrapped)),
    );
  return scrollFrame(
    block.caption ?? "Table",
    el(
      "table",
      {},
      block.caption ? el("caption", {}, block.caption) : null,
      el("thead", {}, rows.length ? line(rows[0], "th") : null),
      el(
        "tbody",
        {},
        rows.slice(1).map((cells) => line(cells, "td")),
      ),
    ),
  );
}

/** A frame that scrolls sideways and fades at its edge while columns are hidden: nobody shall miss the last one. */
export function scrollFrame(label, content) {
  const frame = el("div", { class: "table-scroll", tabIndex: 0, role: "region", "aria-label": label }, content);
  const look = () => frame.classList.toggle("cut", frame.scrollLeft + frame.clientWidth < frame.scrollWidth - 2);
  frame.addEventListener("scroll", look, { passive: true });
  new ResizeObserver(look).observe(frame);
  return frame;
}

/** Columns whose body cells are all raw numbers read best from the right. */
function columnsOfNumbers(rows) {
  const body = rows.slice(1);
  const width = rows[0]?.length ?? 0;
  const all = [...Array(width).keys()];
  return new Set(body.length ? all.filter((at) => body.every((row) => row[at]?.type === "raw_number")) : []);
}

function alignment(setting, isNumber) {
  return setting?.align ?? (isNumber ? "right" : "left");
}

function cellNode(cell, tag, align, wrapped) {
  const node = el(tag, { class: `align-${align}${wrapped ? " wraps" : ""}`, scope: tag === "th" ? "col" : null });
  if (cell?.type === "rich_text") node.append(richText(cell));
  else node.append(String(cell?.text ?? cell?.value ?? ""));
  return node;
}
