/** What this browser remembers between visits: who you are, where you were, what you have read. */

const PREFIX = "countersign.";

function read(key) {
  try {
    return localStorage.getItem(PREFIX + key);
  } catch {
    return null; // storage may be switched off; the page then starts afresh each time
  }
}

function write(key, value) {
  try {
    localStorage.setItem(PREFIX + key, value);
  } catch {
    /* see read() */
  }
}

export const memory = {
  person: () => read("person"),
  setPerson: (user) => write("person", user),
  /** The channel id, or "home", that this person last looked at. */
  place: (user) => read(`place.${user}`),
  setPlace: (user, place) => write(`place.${user}`, place),
  /** The ts up to which this person has read a channel; "0" when never opened. */
  lastRead: (user, channel) => read(`read.${user}.${channel}`) ?? "0",
  setLastRead(user, channel, ts) {
    if (later(ts, this.lastRead(user, channel))) write(`read.${user}.${channel}`, ts);
  },
};

/** Whether message stamp a is later than b; compared as text, because a float loses the last digits. */
export function later(a, b) {
  const [left, right] = [String(a).split("."), String(b).split(".")];
  if (left[0].length !== right[0].length) return left[0].length > right[0].length;
  if (left[0] !== right[0]) return left[0] > right[0];
  return (left[1] ?? "").padEnd(6, "0") > (right[1] ?? "").padEnd(6, "0");
}
