/** Building page nodes: text always becomes a text node, so nothing a message says can turn into markup. */

const SVG = "http://www.w3.org/2000/svg";
const PROPERTIES = new Set(["value", "checked", "disabled", "hidden", "required", "selected", "tabIndex"]);

/** An element; `data` fills the dataset, `on` adds listeners, `vars` sets CSS variables, null children vanish. */
export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "data") Object.assign(node.dataset, value);
    else if (name === "on") for (const [type, listener] of Object.entries(value)) node.addEventListener(type, listener);
    else if (name === "vars") for (const [key, v] of Object.entries(value)) node.style.setProperty(key, v);
    else if (PROPERTIES.has(name)) node[name] = value;
    else node.setAttribute(name, value === true ? "" : String(value));
  }
  node.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

const ICONS = {
  hash: "M5 9h15M4 15h15M10 4 8 20M16 4l-2 16",
  home: "M4 11.5 12 5l8 6.5M6 10v9h4.5v-5h3v5H18v-9",
  chat: "M5 5h14v10.5H11L7 19v-3.5H5z",
  send: "M5 12h13M12.5 6l6 6-6 6",
  close: "M6 6l12 12M18 6 6 18",
  reply: "M9 7 4 12l5 5M4.5 12H15a5 5 0 0 1 5 5v1",
  eye: "M3 12s3.5-6 9-6 9 6 9 6-3.5 6-9 6-9-6-9-6zM12 9.5a2.5 2.5 0 1 0 0 5 2.5 2.5 0 0 0 0-5z",
  chevron: "M7 10l5 5 5-5",
  back: "M14 6l-6 6 6 6",
  down: "M12 5v14M6 13l6 6 6-6",
  dots: "M6 12h.01M12 12h.01M18 12h.01",
  check: "M5 12.5l4.5 4.5L19 7.5",
  menu: "M4 7h16M4 12h16M4 17h16",
  clip: "M19 11.5l-7.3 7.3a4.6 4.6 0 0 1-6.500-6.500l8-8a3.100 3.100 0 0 1 4.400 4.400l-7.900 7.900a1.500 1.500 0 0 1-2.200-2.200l7.200-7.200",
  file: "M7 3.5h7l4 4V20.5H7zM14 3.5v4h4",
  alert: "M12 4 3 19.5h18zM12 10v4.5M12 17h.01",
  info: "M12 3.5a8.5 8.5 0 1 0 0 17 8.5 8.5 0 0 0 0-17zM12 11v5M12 8h.01",
  up: "M7 11v8H4v-8zM7 11l4-7c1.5 0 2.4 1 2 2.5L12.300 10H18a2 2 0 0 1 2 2.300l-1 5A2 2 0 0 1 17 19H7",
  thumb_down: "M17 13V5h3v8zM17 13l-4 7c-1.500 0-2.400-1-2-2.500l.700-3.500H6a2 2 0 0 1-2-2.300l1-5A2 2 0 0 1 7 5h10",
};

/** A line icon, hidden from screen readers: the control that holds it carries the name. */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", `icon icon-${name}`);
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", ICONS[name] ?? ICONS.info);
  svg.append(path);
  return svg;
}

/** The bot's mark: a signature and its countersignature. */
export function mark() {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 40 40");
  svg.setAttribute("class", "mark");
  svg.setAttribute("aria-hidden", "true");
  const plate = document.createElementNS(SVG, "rect");
  for (const [name, value] of Object.entries({ width: 40, height: 40, rx: 11, class: "mark-plate" })) {
    plate.setAttribute(name, value);
  }
  svg.append(plate);
  for (const [shape, kind] of [
    ["M8 21.5l6 6.5L25.5 12", "mark-first"],
    ["M17 24.5l3.6 3.7L32 12.5", "mark-second"],
  ]) {
    const stroke = document.createElementNS(SVG, "path");
    stroke.setAttribute("d", shape);
    stroke.setAttribute("class", kind);
    svg.append(stroke);
  }
  return svg;
}

/** A link to a web or mail address; any other scheme comes back as plain text. */
export function safeLink(url, label, attributes = {}) {
  const address = safeUrl(url);
  if (!address) return document.createTextNode(label || url);
  return el("a", { href: address, target: "_blank", rel: "noopener noreferrer", ...attributes }, label || url);
}

/** The address if its scheme is http, https or mailto, else null. */
export function safeUrl(url) {
  return /^(https?:\/\/|mailto:)/i.test(String(url ?? "").trim()) ? String(url).trim() : null;
}

/** The image address this page's policy lets it load (its own origin), else null. */
export function ownImage(url) {
  try {
    const address = new URL(url, location.href);
    return address.origin === location.origin ? address.href : null;
  } catch {
    return null;
  }
}
