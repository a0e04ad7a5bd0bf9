/** Times in the reader's own zone. */

const LANGUAGE = /^en\b/i.test(navigator.language ?? "") ? navigator.language : "en";
const SECONDS_PER_DAY = 86400;

const STYLES = {
  date: { year: "numeric", month: "long", day: "numeric" },
  date_long: { weekday: "long", year: "numeric", month: "long", day: "numeric" },
  date_short: { year: "numeric", month: "short", day: "numeric" },
  date_num: { year: "numeric", month: "2-digit", day: "2-digit" },
  time: { hour: "numeric", minute: "2-digit" },
  time_secs: { hour: "numeric", minute: "2-digit", second: "2-digit" },
};

function show(style, moment) {
  return new Intl.DateTimeFormat(LANGUAGE, style).format(moment);
}

/** Whole calendar days from now to the moment, in the local zone: 0 today, -1 yesterday. */
function dayOffset(moment, now) {
  const midnight = (d) => Date.UTC(d.getFullYear(), d.getMonth(), d.getDate()) / 1000 / SECONDS_PER_DAY;
  return midnight(moment) - midnight(now);
}

function relativeDay(moment, now) {
  return { "-1": "yesterday", 0: "today", 1: "tomorrow" }[dayOffset(moment, now)] ?? null;
}

function ago(moment, now) {
  const seconds = Math.round((moment - now) / 1000);
  const words = new Intl.RelativeTimeFormat(LANGUAGE, { numeric: "auto" });
  for (const [unit, length] of [
    ["day", SECONDS_PER_DAY],
    ["hour", 3600],
    ["minute", 60],
  ]) {
    if (Math.abs(seconds) >= length) return words.format(Math.round(seconds / length), unit);
  }
  return words.format(seconds, "second");
}

/** Slack's date tokens filled in; an unknown token gives null, so that the caller shows the fallback. */
export function fillDate(unixSeconds, template, now = new Date()) {
  const moment = new Date(Number(unixSeconds) * 1000);
  if (Number.isNaN(moment.getTime())) return null;
  let known = true;
  const text = template.replace(/\{(\w+)\}/g, (_, token) => {
    if (token === "ago") return ago(moment, now);
    const pretty = token.endsWith("_pretty");
    const style = STYLES[token.replace(/_(pretty|full)$/, "")];
    if (!style) known = false;
    return (pretty && relativeDay(moment, now)) || (style ? show(style, moment) : "");
  });
  return known ? text : null;
}

export function momentOf(ts) {
  return new Date(Number.parseFloat(ts) * 1000);
}

export function clockTime(ts) {
  return show(STYLES.time, momentOf(ts));
}

export function fullTime(ts) {
  return show({ dateStyle: "full", timeStyle: "short" }, momentOf(ts));
}

/** "Today", "Yesterday" or the date, for the line between two days of a conversation. */
export function dayLabel(ts, now = new Date()) {
  const moment = momentOf(ts);
  const near = relativeDay(moment, now);
  if (near) return near[0].toUpperCase() + near.slice(1);
  const style = { weekday: "long", month: "long", day: "numeric" };
  return show(moment.getFullYear() === now.getFullYear() ? style : { ...style, year: "numeric" }, moment);
}

/** A key that two stamps share when they fall on the same local day. */
export function dayKey(ts) {
  const moment = momentOf(ts);
  return `${moment.getFullYear()}-${moment.getMonth()}-${moment.getDate()}`;
}
