/** The markdown block: headings, lists, quotes, tables, fences and inline marks; raw HTML stays text. */

import { el, safeLink } from "./dom.js";
import { glyph } from "./emoji.js";
import { decode } from "./mrkdwn.js";
import { scrollFrame } from "./tables.js";

const INLINE =
  /(`+)(.+?)\1|\*\*(.+?)\*\*|__(.+?)__|~~(.+?)~~|\*([^\s*](?:.*?[^\s*])?)\*|\b_([^\s_](?:.*?[^\s_])?)_\b|\[([^\]]+)\]\(([^)\s]+)\)|:([a-z0-9_+-]+):/g;
const ITEM = /^(\s*)([-*+]|\d+[.)])\s+(.*)$/;
const RULE = /^\s*([-*_])(?:\s*\1){2,}\s*$/;

export function markdown(source) {
  const nodes = document.createDocumentFragment();
  const rows = String(source ?? "")
    .replaceAll("\r\n", "\n")
    .split("\n");
  for (let at = 0; at < rows.length;) at = block(rows, at, nodes);
  return nodes;
}

/** Writes the block that starts at row `at`; returns the row after it. */
function block(rows, at, nodes) {
  const row = rows[at];
  if (!row.trim()) return at + 1;
  if (/^```/.test(row)) return fence(rows, at, nodes);
  const heading = /^(#{1,6})\s+(.*)$/.exec(row);
  if (heading) {
    nodes.append(
      inline(el("p", { class: `md-heading level-${heading[1].length}`, role: "heading", "aria-level": 3 }), heading[2]),
    );
    return at + 1;
  }
  if (RULE.test(row)) {
    nodes.append(el("hr"));
    return at + 1;
  }
  if (/^>/.test(row))
    return run(rows, at, /^>/, (lines) => {
      const quote = el("blockquote");
      quote.append(markdown(lines.map((line) => line.replace(/^> ?/, "")).join("\n")));
      nodes.append(quote);
    });
  if (ITEM.test(row)) return run(rows, at, ITEM, (lines) => nodes.append(list(lines)));
  if (row.includes("|") && /^\s*\|?\s*:?-+:?\s*(\|\s*:?-+:?\s*)*\|?\s*$/.test(rows[at + 1] ?? "")) {
    return run(rows, at, /\|/, (lines) => nodes.append(grid(lines)));
  }
  return paragraph(rows, at, nodes);
}

function run(rows, at, pattern, write) {
  let end = at;
  while (end < rows.length && pattern.test(rows[end])) end += 1;
  write(rows.slice(at, end));
  return end;
}

function fence(rows, at, nodes) {
  let end = at + 1;
  while (end < rows.length && !/^```\s*$/.test(rows[end])) end += 1;
  nodes.append(el("pre", {}, decode(rows.slice(at + 1, end).join("\n"))));
  return end + 1;
}

function paragraph(rows, at, nodes) {
  const node = el("p");
  let end = at;
  while (
    end < rows.length &&
    rows[end].trim() &&
    (end === at || !/^(```|#{1,6}\s|>)/.test(rows[end])) &&
    (end === at || !ITEM.test(rows[end]))
  ) {
    if (end > at) node.append(el("br"));
    inline(node, rows[end]);
    end += 1;
  }
  nodes.append(node);
  return end;
}

function list(lines) {
  const root = el(/\d/.test(ITEM.exec(lines[0])[2]) ? "ol" : "ul");
  for (const line of lines) {
    const [, indent, , text] = ITEM.exec(line);
    root.append(inline(el("li", { class: `indent-${Math.min(3, Math.floor(indent.length / 2))}` }), text));
  }
  return root;
}

function grid(lines) {
  const cells = (line) =>
    line
      .trim()
      .replace(/^\||\|$/g, "")
      .split("|")
      .map((cell) => cell.trim());
  const aligns = cells(lines[1]).map((mark) => (/-:$/.test(mark) ? (/^:/.test(mark) ? "center" : "right") : "left"));
  const row = (line, tag) =>
    el(
      "tr",
      {},
      cells(line).map((cell, i) => inline(el(tag, { class: `align-${aligns[i] ?? "left"}` }), cell)),
    );
  return scrollFrame(
    "Table",
    el(
      "table",
      {},
      el("thead", {}, row(lines[0], "th")),
      el(
        "tbody",
        {},
        lines.slice(2).map((line) => row(line, "td")),
      ),
    ),
  );
}

function inline(node, text) {
  let from = 0;
  for (const match of text.matchAll(INLINE)) {
    node.append(decode(text.slice(from, match.index)), piece(match));
    from = match.index + match[0].length;
  }
  node.append(decode(text.slice(from)));
  return node;
}

function piece(match) {
  const [whole, , code, strong, strong2, strike, em, em2, label, url, emoji] = match;
  if (code !== undefined) return el("code", {}, decode(code));
  if (strong ?? strong2) return inline(el("strong"), strong ?? strong2);
  if (strike) return inline(el("s"), strike);
  if (em ?? em2) return inline(el("em"), em ?? em2);
  if (label) return safeLink(decode(url), decode(label));
  return glyph(emoji) ?? whole;
}
