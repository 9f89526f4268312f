// Calls a membridge server. Knows its URLs, headers and problems; knows nothing of OpenClaw.

import { readFile } from "node:fs/promises";

// The server refuses a longer name of an agent or a session.
const NAME_BYTES = 100;

/** Returns the calls of one server. `settings`: `url`, `tokenFile`, `source`, `timeoutMs`, each of which may be missing. */
export function connect(settings, environment = process.env) {
  const url = (settings.url ?? environment.MEMBRIDGE_URL ?? "http://127.0.0.1:7979").replace(/\/+$/, "");
  const standardTimeout = settings.timeoutMs ?? 5000;

  async function ask(path, { body, query, caller = {}, key, timeoutMs = standardTimeout } = {}) {
    const target = new URL(url + path);
    for (const [name, value] of Object.entries(query ?? {})) {
      if (value !== undefined) target.searchParams.set(name, String(value));
    }
    const headers = { accept: "application/json" };
    const token = settings.tokenFile ? (await readFile(settings.tokenFile, "utf8")).trim() : environment.MEMBRIDGE_TOKEN;
    if (token) headers.authorization = `Bearer ${token}`;
    if (body !== undefined) headers["content-type"] = "application/json";
    if (caller.agent) headers["membridge-agent"] = printable(caller.agent);
    if (caller.session) headers["membridge-session"] = printable(caller.session);
    if (key) headers["idempotency-key"] = printable(key);

    let response, text;
    try {
      response = await fetch(target, {
        method: body === undefined ? "GET" : "POST",
        headers,
        body: body === undefined ? undefined : JSON.stringify(body),
        // A server never sends one elsewhere, and a token must not follow.
        redirect: "error",
        signal: AbortSignal.timeout(timeoutMs),
      });
      // A body may stall or break off as well as its head.
      text = await response.text();
    } catch (error) {
      const why = error.name === "TimeoutError" ? `no answer within ${timeoutMs} ms` : (error.cause?.code ?? error.message);
      throw new ServiceError(`membridge at ${url} is unavailable: ${why}`);
    }
    const answer = object(text);
    if (response.ok && answer !== undefined) return answer;
    if (answer === undefined) {
      // A proxy's page, say.
      throw new ServiceError(`membridge at ${url} is unavailable: it answered no JSON (status ${response.status})`);
    }
    throw new ServiceError(
      [answer.detail ?? `membridge answered ${response.status}`, answer.hint].filter(Boolean).join("; "),
      String(answer.type ?? "").replace("/problems/", ""),
    );
  }

  return {
    /** Returns the hits, best first. Nothing found by an index that is behind is an error, never an empty list. */
    async search(query, { limit, snippetChars, minScore, caller, timeoutMs } = {}) {
      const answer = await ask("/v1/search", {
        // In an address a long question does not fit.
        body: { q: query, limit, source: settings.source, snippet_chars: snippetChars, min_score: minScore },
        caller,
        timeoutMs,
      });
      if (answer.hits.length === 0 && answer.index.stale) {
        throw new ServiceError("membridge found nothing, but its index is behind: try again later", "index-behind");
      }
      return answer.hits;
    },

    /** Returns the note that a path or citation names, from a line on, or `null` when there is none. */
    async read(citation, { from, count, caller } = {}) {
      // Lines that are asked for win over those of the citation.
      const path = from === undefined && count === undefined ? citation : citation.replace(/#L\d+(-L?\d+)?$/, "");
      const lines = from === undefined && count === undefined ? undefined : `${from ?? 1}-${(from ?? 1) + (count ?? 100_000) - 1}`;
      try {
        return await ask(`/v1/notes/${encodeURIComponent(path)}`, { query: { source: settings.source, lines, max_bytes: 20_000 }, caller });
      } catch (error) {
        if (error.kind === "note-not-found" || error.kind === "source-not-found") return null;
        throw error;
      }
    },

    /** Makes a memory (`text`, `title`, `topic`, `tags`, `links`, `supersedes`) and returns its receipt. */
    remember(memory, { caller, key } = {}) {
      return ask("/v1/memories", { query: { source: settings.source }, body: memory, caller, key });
    },
  };
}

/** What the server said, as one line with its hint; `kind` is the problem's type, such as `stale-note`, or empty. */
export class ServiceError extends Error {
  constructor(message, kind = "") {
    super(message);
    this.name = "ServiceError";
    this.kind = kind;
  }
}

// The answer that a text is, or `undefined` where it is no object in JSON.
function object(text) {
  try {
    const value = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

// A header carries visible ASCII.
function printable(text) {
  return text.replace(/[^\x21-\x7e]+/g, "-").slice(0, NAME_BYTES);
}
