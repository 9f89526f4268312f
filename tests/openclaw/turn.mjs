// What an owner of an OpenClaw would see with deploy/openclaw in place: see `run`, which installs the client and starts this.

import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { createWriteStream } from "node:fs";
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { scriptedModel } from "./model.mjs";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const run = promisify(execFile);
const folder = await mkdtemp(join(tmpdir(), "membridge-openclaw-"));
const started = [];
let failed = false;

try {
  await main();
} catch (error) {
  failed = true;
  console.error(error);
  for (const name of ["membridge.log", "gateway.log"]) console.error(`--- ${name}\n${(await readFile(join(folder, name), "utf8").catch(() => "")).slice(-4000)}`);
} finally {
  for (const process of started.reverse()) await end(process);
  if (!failed) await rm(folder, { recursive: true, force: true });
}
process.exit(failed ? 1 : 0);

async function main() {
  const [apiPort, gatewayPort] = [await freePort(), await freePort()];
  const model = await scriptedModel([
    { tool: "exec", input: { command: "membridge search 'copper ledger' --limit 1" } },
    { tool: "membridge_remember", input: { text: "The copper ledger was asked for.", topic: "tests" } },
    { text: "It says 24 m." },
  ]);
  const vault = join(folder, "vault");
  await cp(join(ROOT, "vault-fixtures/tour"), vault, { recursive: true });
  const home = join(folder, "home");
  const state = join(home, ".openclaw");
  await mkdir(join(folder, "bin"), { recursive: true });
  await mkdir(join(folder, "include"));
  await mkdir(state, { recursive: true });
  await symlink(process.env.MEMBRIDGE_BIN, join(folder, "bin/membridge"));
  const inherited = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("MEMBRIDGE_") && !name.startsWith("OPENCLAW_")));
  const environment = {
    ...inherited,
    HOME: home,
    PATH: join(folder, "bin") + delimiter + process.env.PATH,
    OPENCLAW_STATE_DIR: state,
    OPENCLAW_INCLUDE_ROOTS: join(folder, "include"),
    OPENCLAW_NO_RESPAWN: "1",
    NO_COLOR: "1",
  };
  const openclaw = async (...words) => (await run("openclaw", words, { env: environment, maxBuffer: 1 << 26, timeout: 300_000 })).stdout;

  // The fragment that deploy/ ships, with the paths and the port of this run, and recall switched on.
  const shipped = await readFile(join(ROOT, "deploy/openclaw/openclaw.json5"), "utf8");
  const fragment = shipped
    .replaceAll("/opt/membridge/", `${ROOT}/deploy/openclaw/`)
    .replaceAll("127.0.0.1:7979", `127.0.0.1:${apiPort}`)
    .replace("recall: false", "recall: true")
    .replace("// mcp: {", "mcp: {");
  assert.match(fragment, /recall: true/);
  assert.match(fragment, /^ *mcp: \{/m);
  await writeFile(join(folder, "include/membridge.json5"), fragment);
  const cost = { input: 0, output: 0, cacheRead: 0, cacheWrite: 0 };
  const settings = {
    $include: [join(folder, "include/membridge.json5")],
    gateway: { mode: "local", port: gatewayPort, bind: "loopback", auth: { mode: "token", token: "end-to-end" } },
    agents: { defaults: { workspace: join(folder, "workspace"), model: { primary: "script/m1" } } },
    memory: { search: { provider: "none" } },
    models: {
      mode: "merge",
      providers: {
        script: {
          baseUrl: model.url,
          apiKey: "none",
          api: "openai-completions",
          models: [{ id: "m1", name: "m1", contextWindow: 100_000, maxTokens: 4000, input: ["text"], reasoning: false, cost }],
        },
      },
    },
  };
  await writeFile(join(state, "openclaw.json"), JSON.stringify(settings));

  const service = start("membridge", process.env.MEMBRIDGE_BIN, ["serve", "--vault", vault, "--data-dir", join(folder, "data"), "--listen", `127.0.0.1:${apiPort}`], inherited);
  await until(async () => (await fetch(`http://127.0.0.1:${apiPort}/readyz`)).ok, 200);

  await openclaw("config", "validate");
  assert.match(await openclaw("skills", "info", "membridge"), /✓ Ready/);
  assert.match(await openclaw("skills", "info", "tea-pull-requests"), /✓ membridge/);
  ok("the configuration is valid, the skill is ready");

  const inspected = JSON.parse(await openclaw("plugins", "inspect", "membridge", "--runtime", "--json"));
  assert.equal(inspected.plugin.status, "loaded");
  assert.deepEqual(inspected.plugin.toolNames, ["membridge_remember"]);
  ok("the plugin loads");

  const probe = JSON.parse(await openclaw("mcp", "probe", "membridge", "--json"));
  assert.deepEqual(probe.tools.sort(), ["context", "edit", "get", "remember", "search"].map((it) => `membridge__${it}`));
  assert.deepEqual(probe.diagnostics, []);
  ok("the MCP probe lists the tools");

  start("gateway", "openclaw", ["gateway", "run"], environment);
  const gateway = `http://127.0.0.1:${gatewayPort}`;
  await until(async () => (await (await fetch(`${gateway}/readyz`)).json()).ready === true, 600);
  const invoke = async (tool, args) => {
    const headers = { authorization: "Bearer end-to-end", "content-type": "application/json" };
    const answer = await (await fetch(`${gateway}/tools/invoke`, { method: "POST", headers, body: JSON.stringify({ tool, args }) })).json();
    assert.equal(answer.ok, true, JSON.stringify(answer));
    return answer.result.details;
  };

  const found = await invoke("memory_search", { query: "copper ledger", corpus: "all" });
  assert.equal(found.results[0].path, "Projects/Copper.md");
  const read = await invoke("memory_get", { path: found.results[0].path, corpus: "wiki", from: 16, lines: 1 });
  assert.equal(read.text, "## Ledger\n");
  ok("memory_search and memory_get reach the vault");

  const turn = await openclaw("agent", "--agent", "main", "--session-key", "agent:main:main", "--message", "What does the copper ledger say?", "--json");
  assert.match(turn, /It says 24 m\./);
  const [first, second, third] = model.requests.map((it) => ({ text: JSON.stringify(it.messages), tools: (it.tools ?? []).map((tool) => tool.function.name) }));
  assert.match(first.text, /skills\/membridge\/SKILL\.md/, "the skill is in the prompt");
  assert.match(first.text, /The owner's Obsidian vault is part of your memory/, "the plugin's line is in the prompt");
  assert.match(first.text, /<vault-notes>.*Projects\/Copper\.md#L/, "recall stands before the message");
  assert.ok(first.tools.includes("membridge_remember"), `the tool is in sight: ${first.tools}`);
  assert.match(second.text, /Projects\/Copper\.md#L8-L27  Copper > Plan/, "the command line answered");
  assert.match(third.text, /Agent\/Memories\/tests\/.* written \(committed\)/, "the tool wrote");
  ok("an agent's turn: recall, command line, tool");

  await end(service);
  const without = await invoke("memory_search", { query: "copper ledger", corpus: "all" });
  const outcomes = Object.fromEntries(without.corpora.map((it) => [it.corpus, it.outcome]));
  assert.deepEqual(outcomes, { memory: "ok", wiki: "unavailable" });
  assert.match(await openclaw("agent", "--agent", "main", "--session-key", "agent:main:main", "--message", "And the tin ledger?", "--json"), /done/);
  ok("without the server OpenClaw says so, and turns go on");
  model.stop();
}

function ok(what) {
  console.log(`   ${what}`);
}

function start(name, program, words, environment) {
  const log = createWriteStream(join(folder, `${name}.log`));
  const child = spawn(program, words, { env: environment, stdio: ["ignore", "pipe", "pipe"] });
  child.stdout.pipe(log);
  child.stderr.pipe(log, { end: false });
  child.ended = new Promise((resolve) => child.on("exit", resolve));
  started.push(child);
  return child;
}

async function end(child) {
  child.kill("SIGTERM");
  // OpenClaw may take minutes while it indexes.
  const timer = setTimeout(() => child.kill("SIGKILL"), 15_000);
  await child.ended;
  clearTimeout(timer);
}

async function until(test, tries) {
  for (let made = 0; made < tries; made++) {
    if (await test().catch(() => false)) return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error(`not so after ${tries / 5} s: ${test}`);
}

async function freePort() {
  const probe = createServer();
  await new Promise((resolve) => probe.listen(0, "127.0.0.1", resolve));
  const { port } = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  return port;
}
