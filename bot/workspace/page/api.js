/** Talking to the workspace server: JSON in, JSON out, with the token that proves the page asked. */

const token = document.querySelector('meta[name="csrf"]')?.content ?? "";

/** Raised when the server could not be reached or answered with an error status. */
export class ServerUnavailable extends Error {}

async function request(path, options) {
  let response;
  try {
    response = await fetch(path, { credentials: "same-origin", cache: "no-store", ...options });
  } catch (reason) {
    throw new ServerUnavailable("The workspace does not answer. Is `countersign up` still running?", { cause: reason });
  }
  const body = await response.json().catch(() => null);
  if (!response.ok || body === null) {
    const said = body?.message ?? body?.error;
    throw new ServerUnavailable(said ? String(said) : `The workspace answered ${response.status}.`);
  }
  return body;
}

export function get(path, query = {}) {
  const given = Object.entries(query).filter(([, value]) => value !== undefined && value !== null);
  const search = new URLSearchParams(given).toString();
  return request(search ? `${path}?${search}` : path, { method: "GET" });
}

export function post(path, body) {
  return request(path, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-CSRF-Token": token },
    body: JSON.stringify(body),
  });
}

/** Sends the bytes of one file; answers {ok, file: {id, name}}. */
export function upload(user, file) {
  return request(`/client/upload?${new URLSearchParams({ user, name: file.name })}`, {
    method: "POST",
    headers: { "Content-Type": "application/octet-stream", "X-CSRF-Token": token },
    body: file,
  });
}

const TOLD = new Set([
  "invalid_command",
  "command_not_supported_in_thread",
  "operation_timeout",
  "dispatch_failed",
  "not_connected",
]);

/** Whether the server itself shows a notice for this refusal, so that the page need not say it twice. */
export function toldByServer(error) {
  return TOLD.has(error);
}
