// The room's calls to the server, with every way they can end.

const HEADERS = { "Content-Type": "application/json", Accept: "application/json" };
// Browsers refuse to carry more than 64 KiB beyond the end of a page.
const KEEPALIVE_BYTES = 60_000;
const TIMEOUT_MS = 20_000;

/**
 * Send JSON. Never throws: `{ok, status, body, kind}`, where `kind` is the last part of a problem's type, or
 * "offline" (nothing came back) when there is no answer at all.
 */
export async function send(method, url, data) {
  const body = data === undefined ? undefined : JSON.stringify(data);
  const small = !body || new Blob([body]).size < KEEPALIVE_BYTES;
  let response;
  try {
    response = await fetch(url, {
      method,
      body,
      headers: body ? HEADERS : { Accept: "application/json" },
      keepalive: small && method !== "GET",
      credentials: "same-origin",
      cache: "no-store",
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
  } catch {
    return { ok: false, status: 0, body: {}, kind: "offline" };
  }
  let answer = {};
  try {
    if (response.status !== 204) answer = await response.json();
  } catch {
    // A proxy's page, or a connection that broke half-way: what counts is that it is no answer of Viva's.
    if (response.ok) return { ok: false, status: 0, body: {}, kind: "offline" };
  }
  const kind = String(answer.type ?? "").split("/").pop();
  return { ok: response.ok, status: response.status, body: answer, kind };
}

/** Wait, at least. */
export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
