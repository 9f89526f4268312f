// Starts the real binary (`MEMBRIDGE_BIN`) on a vault in a temporary folder. Knows nothing of the plugin.

import { spawn } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

export const TOKEN = "0123456789abcdef0123456789abcdef";

/** Returns `{url, tokenFile, vault, stop}` of a server that has indexed `notes` (path to text). */
export async function start(notes) {
  const binary = process.env.MEMBRIDGE_BIN;
  if (!binary) throw new Error("MEMBRIDGE_BIN must name the membridge binary");
  const folder = await mkdtemp(join(tmpdir(), "membridge-plugin-"));
  const vault = join(folder, "vault");
  for (const [path, text] of Object.entries(notes)) {
    await mkdir(dirname(join(vault, path)), { recursive: true });
    await writeFile(join(vault, path), text);
  }
  const tokenFile = join(folder, "token");
  await writeFile(tokenFile, `${TOKEN}\n`, { mode: 0o600 });
  const port = await freePort();
  const config = {
    sources: [{ name: "vault", path: vault }],
    data_dir: join(folder, "data"),
    listen: `127.0.0.1:${port}`,
    tokens: [{ name: "plugin", file: tokenFile, scopes: ["read", "write"] }],
  };
  // JSON is YAML.
  await writeFile(join(folder, "membridge.yaml"), JSON.stringify(config));
  const environment = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("MEMBRIDGE_")));
  const server = spawn(binary, ["serve", "--config", join(folder, "membridge.yaml")], { env: environment, stdio: ["ignore", "pipe", "pipe"] });
  let log = "";
  for (const stream of [server.stdout, server.stderr]) stream.on("data", (chunk) => (log += chunk));
  const ended = new Promise((resolve) => server.on("exit", resolve));
  const stop = async () => {
    server.kill("SIGTERM");
    await ended;
    await rm(folder, { recursive: true, force: true });
  };
  const url = `http://127.0.0.1:${port}`;
  for (let tries = 0; ; tries++) {
    const answer = await fetch(`${url}/readyz`).catch(() => undefined);
    if (answer?.ok) return { url, tokenFile, vault, stop };
    if (tries === 200 || server.exitCode !== null) {
      await stop();
      throw new Error(`the server did not become ready:\n${log}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Returns a port of the loopback interface that nobody listens on. */
export async function freePort() {
  const probe = createServer();
  await new Promise((resolve) => probe.listen(0, "127.0.0.1", resolve));
  const { port } = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  return port;
}
