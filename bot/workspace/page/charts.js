/** Slack's own charts (data_visualization): bars and slices as rows that a phone can show, lines and areas as curves. */

import { el } from "./dom.js";

const SVG = "http://www.w3.org/2000/svg";
const WIDE = 600;
const HIGH = 180;

export function chart(block) {
  const held = block.chart ?? {};
  const draw = { bar: bars, pie: slices, line: curves, area: curves }[held.type];
  return el(
    "figure",
    { class: `b-chart ${held.type ?? ""}`, role: "group", "aria-label": `Chart: ${block.title ?? ""}` },
    el("figcaption", {}, block.title ?? ""),
    draw ? draw(held) : null,
    el("p", { class: "chart-axes" }, [held.axis_config?.x_label, held.axis_config?.y_label].filter(Boolean).join(" · ")),
  );
}

function bars(held) {
  const series = held.series ?? [];
  const most = Math.max(...series.flatMap((one) => one.data.map((point) => Math.abs(point.value))), 0) || 1;
  const rows = (held.axis_config?.categories ?? []).flatMap((label) =>
    series.map((one, at) => {
      const value = one.data.find((point) => point.label === label)?.value ?? 0;
      const name = series.length > 1 ? `${label} · ${one.name}` : label;
      return row(name, shown(value), Math.abs(value) / most, at);
    }),
  );
  return el("dl", { class: "chart-rows" }, rows);
}

function slices(held) {
  const segments = held.segments ?? [];
  const sum = segments.reduce((total, one) => total + one.value, 0) || 1;
  return el(
    "dl",
    { class: "chart-rows" },
    segments.map((one, at) => row(one.label, `${shown(one.value)} (${Math.round((one.value / sum) * 100)}%)`, one.value / sum, at)),
  );
}

function row(name, value, share, at) {
  const bar = el("span", { class: `chart-bar hue-${at % 6}`, vars: { "--share": `${Math.max(share * 100, 0.5)}%` } });
  return el("div", { class: "chart-row" }, el("dt", {}, name), el("dd", {}, bar, el("span", {}, value)));
}

function curves(held) {
  const labels = held.axis_config?.categories ?? [];
  const series = (held.series ?? []).map((one) => ({
    name: one.name,
    values: labels.map((label) => one.data.find((point) => point.label === label)?.value ?? 0),
  }));
  const every = series.flatMap((one) => one.values);
  const low = Math.min(0, ...every);
  const span = Math.max(...every, 0) - low || 1;
  const x = (at) => (labels.length > 1 ? (at / (labels.length - 1)) * WIDE : WIDE / 2);
  const y = (value) => HIGH - ((value - low) / span) * HIGH;
  const svg = shape("svg", { viewBox: `-4 -6 ${WIDE + 8} ${HIGH + 12}`, "aria-hidden": "true" });
  series.forEach((one, at) => {
    const points = one.values.map((value, place) => `${x(place)},${y(value)}`).join(" ");
    if (held.type === "area")
      svg.append(shape("polygon", { class: `chart-area hue-${at % 6}`, points: `0,${y(0)} ${points} ${WIDE},${y(0)}` }));
    svg.append(shape("polyline", { class: `chart-line hue-${at % 6}`, points }));
  });
  const ends = [labels[0], labels.at(-1)].filter((one) => one !== undefined);
  const newest = series.map((one) => `${one.name}: ${shown(one.values.at(-1) ?? 0)}`).join(", ");
  return el("div", {}, svg, el("p", { class: "chart-axes" }, `${ends.join(" – ")} · newest ${newest}`));
}

function shape(tag, attributes) {
  const node = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, String(value));
  return node;
}

function shown(value) {
  return Number(value).toLocaleString("en-GB", { maximumFractionDigits: 2 });
}
