// Joins OpenClaw's own memory without taking its slot: the vault becomes a corpus of `memory_search` and `memory_get`, a line in the prompt says
// so, one tool writes, and, where the owner wants it, fitting notes stand before each message. Everything else is the server's work.

import { connect } from "./service.js";
import { recall } from "./recall.js";

// The name under which OpenClaw's tools ask for corpora that plugins add.
const CORPUS = "wiki";
const TOOL = "membridge_remember";

const PARAMETERS = {
  type: "object",
  additionalProperties: false,
  required: ["text"],
  properties: {
    text: { type: "string", minLength: 1, description: "Markdown. The fact first, then why it is so and where it comes from." },
    title: { type: "string", description: "What one would search for; made of the first line when left out." },
    topic: { type: "string", description: "A folder for notes about one thing, such as homelab or people/ada." },
    tags: { type: "array", items: { type: "string" }, description: "Without #." },
    links: { type: "array", items: { type: "string" }, description: "Names of notes that this has to do with." },
    supersedes: { type: "string", description: "The path of the note that this one takes the place of." },
  },
};

export default {
  id: "membridge",
  name: "membridge",
  description: "The owner's Obsidian vault as part of the agent's memory",
  register(api) {
    const settings = api.pluginConfig ?? {};
    const service = connect(settings);
    api.registerMemoryCorpusSupplement(corpus(service));
    api.registerMemoryPromptSupplement(() => promptLines(settings));
    if (settings.write !== false) api.registerTool((context) => writeTool(service, context), { name: TOOL });
    if (settings.recall === true) {
      const handler = (event, context) => recall(service, settings, event, context, api.logger);
      api.on("before_prompt_build", handler, { requiresToolAuthority: true });
    }
  },
};

function corpus(service) {
  return {
    async search({ query, maxResults, agentId, agentSessionKey }) {
      const caller = { agent: agentId, session: agentSessionKey };
      const hits = await service.search(query, { limit: maxResults && Math.min(maxResults, 100), caller });
      return hits.map((hit) => ({
        corpus: CORPUS,
        id: hit.citation,
        path: withoutLines(hit.citation),
        title: hit.headings?.length ? hit.headings.join(" > ") : hit.title,
        kind: "note",
        score: hit.score,
        snippet: hit.snippet,
        startLine: hit.lines.start,
        endLine: hit.lines.end,
        citation: hit.citation,
        source: "membridge",
        sourceType: "obsidian-note",
        sourcePath: hit.path,
        provenanceLabel: hit.origin,
        updatedAt: hit.modified,
      }));
    },
    async get({ lookup, fromLine, lineCount, agentId, agentSessionKey }) {
      const caller = { agent: agentId, session: agentSessionKey };
      const note = await service.read(lookup, { from: fromLine, count: lineCount, caller });
      if (note === null) return null;
      return {
        corpus: CORPUS,
        path: withoutLines(lookup),
        title: note.title,
        kind: "note",
        content: note.content,
        fromLine: note.lines.start,
        lineCount: Math.max(0, note.lines.end - note.lines.start + 1),
        sourceType: "obsidian-note",
        sourcePath: note.path,
        provenanceLabel: note.origin,
        updatedAt: note.modified,
      };
    },
  };
}

function promptLines(settings) {
  const lines = [
    "The owner's Obsidian vault is part of your memory. Call memory_search with corpus=\"all\" (\"wiki\" for the vault alone): without it the" +
      " vault is not searched. Read the hit that fits with memory_get (corpus=\"wiki\", its path) before you answer from it, and name the note.",
  ];
  if (settings.write !== false) {
    lines.push(`Keep what stays true (preferences, decisions with their reasons, how things are set up) with ${TOOL}; never secrets.`);
  }
  return lines;
}

function writeTool(service, context = {}) {
  return {
    name: TOOL,
    label: "Remember",
    description:
      "Keep one lasting fact, preference or decision as a note in the owner's vault. Search first: to correct what is there, name it in `supersedes`. No secrets.",
    parameters: PARAMETERS,
    // Stays in the model's sight instead of behind a search for tools.
    catalogMode: "direct-only",
    async execute(id, memory) {
      const caller = { agent: context.agentId, session: context.sessionKey };
      // The same call, sent twice, writes once.
      const key = context.sessionId ? `openclaw-${context.sessionId.slice(0, 40)}-${id}` : undefined;
      const receipt = await service.remember(memory, { caller, key });
      const similar = (receipt.similar ?? []).map((it) => it.path);
      const told = [`${receipt.path} written (${receipt.git})`, ...(receipt.warnings ?? [])];
      if (similar.length > 0) told.push(`Notes that may say the same: ${similar.join(", ")}`);
      return { content: [{ type: "text", text: told.join("\n") }], details: receipt };
    },
  };
}

function withoutLines(citation) {
  return citation.replace(/#L\d+(-L?\d+)?$/, "");
}
