// Starts a hub, three servers for one page, and Chromium on the first of them. Run by setup.sh:
// run.mjs BINARY FOLDER, where FOLDER/pages/page.js is the page. Ends with 0 only if every check was made.

import { execFile, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { openSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, request } from "node:http";
import { promisify } from "node:util";

const [binary, work] = process.argv.slice(2);
/** How many checks there are. The page makes all but the two of `plainHttp`. */
const CHECKS = 18;
const LONGEST = 60_000;
const ROLES = ["works", "elsewhere", "nowhere"];
const keys = Object.fromEntries(["acme", "globex"].map((org) => [org, `sb_browser_${randomBytes(24).toString("hex")}`]));

const children = [];
let succeed, fail;
const finished = new Promise((yes, no) => ([succeed, fail] = [yes, no]));
// Whoever fails before somebody waits is heard of all the same.
finished.catch(() => {});
let checked = 0;
const open = new Set(ROLES);
let framesDone = () => {};

const check = (what, holds, detail) => {
  if (!holds) throw new Error(`${what}: ${detail}`);
  checked += 1;
  console.log(`  ${what}`);
};

/** Runs the switchboard program as a caller of `org`, and returns what it prints. */
const cli = async (org, ...args) => {
  const env = { PATH: process.env.PATH, HOME: work, SWITCHBOARD_API_KEY: keys[org] };
  const all = ["--endpoint", hub, "--org", org, "--app", "desk", ...args];
  return (await promisify(execFile)(binary, all, { env })).stdout.trim();
};

/** What the page asks of the server it came from. */
const answers = {
  "/config": (role) => JSON.stringify({ hub, role, key: keys.acme }),
  "/token": (_, org) => cli(org, "token"),
  "/receive": (_, words) => cli("acme", "sim", "message", "+254711000001", words, "--to", "sms 40404"),
  "/frames": () => JSON.stringify(origins.slice(1)),
  "/frames-are-done": () => new Promise((yes) => (open.size === 1 ? yes("") : (framesDone = () => yes("")))),
  "/stop": () => void process.kill(children[0].pid, "SIGTERM"),
  "/checked": (_, what) => check(what, true),
  "/failed": (_, why) => fail(new Error(why)),
  "/done": (role) => {
    open.delete(role);
    if (open.size === 1) framesDone();
    if (open.size === 0) succeed();
  },
};

const page = (role) =>
  createServer(async (asked, reply) => {
    const answer = answers[asked.url];
    try {
      if (asked.method === "POST" && answer) {
        let body = "";
        for await (const part of asked.setEncoding("utf8")) body += part;
        reply.end((await answer(role, body)) ?? "");
      } else if (asked.url === "/page.js") {
        reply.setHeader("content-type", "text/javascript").end(readFileSync(`${work}/pages/page.js`));
      } else if (asked.url === "/") {
        reply.setHeader("content-type", "text/html");
        reply.end('<!doctype html><meta charset="utf-8"><body><script type="module" src="/page.js"></script>');
      } else {
        reply.writeHead(404).end();
      }
    } catch (error) {
      reply.writeHead(500).end(String(error));
    }
  });

const settings = (origins) => `
listen = "127.0.0.1:0"
token_lifetime_seconds = 4
${["acme", "globex"].map((org, at) => `
[[org]]
id = "${org}"
apps = ["desk"]
origins = ["${origins[at]}"]
[[org.channel]]
channel = "sms"
number = "40404"
[[org.key]]
label = "browser test"
env = "KEY_OF_${org.toUpperCase()}"
[org.sandbox]
enabled = true
seed = 7
rate_per_minute = 0
deliver_after_ms = 50
read_after_ms = 50
fail_percent = 0
hostile = false
demo_app = false
`).join("")}`;

const startHub = async () => {
  writeFileSync(`${work}/hub.toml`, settings(origins));
  const env = { PATH: process.env.PATH, HOME: work, KEY_OF_ACME: keys.acme, KEY_OF_GLOBEX: keys.globex };
  const args = ["serve", "--config", `${work}/hub.toml`, "--data-dir", `${work}/data`];
  const child = spawn(binary, args, { env, stdio: ["ignore", "pipe", "inherit"] });
  children.push(child);
  const [line] = await Promise.race([once(child.stdout, "data"), once(child, "exit").then(() => ["nothing"])]);
  const addr = /^listening on (\S+)/.exec(line)?.[1];
  if (!addr) throw new Error(`the hub said: ${line}`);
  return `http://${addr}`;
};

/** What a person sees who opens the hub's address in a browser, or asks with curl. */
const plainHttp = async () => {
  const asked = request(hub).end();
  const [reply] = await once(asked, "response");
  let body = "";
  for await (const part of reply.setEncoding("utf8")) body += part;
  check("plain HTTP is answered with 426", reply.statusCode === 426, reply.statusCode);
  check("and with a sentence", body.startsWith("This is a Switchboard hub."), body);
};

const startChromium = () => {
  const args = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-dev-shm-usage",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    `--user-data-dir=${work}/profile`, "--enable-logging=stderr", `${origins[0]}/`,
  ];
  const log = openSync(`${work}/chromium.log`, "w");
  const child = spawn("chromium", args, { env: { ...process.env, HOME: work }, stdio: ["ignore", log, log] });
  children.push(child);
  child.on("error", fail);
  child.on("exit", (code) => fail(new Error(`chromium ended with ${code}`)));
};

const servers = ROLES.map((role) => page(role).listen(0, "127.0.0.1"));
await Promise.all(servers.map((server) => once(server, "listening")));
const origins = servers.map((server) => `http://127.0.0.1:${server.address().port}`);
const watchdog = setTimeout(() => fail(new Error(`${[...open]} not done in ${LONGEST / 1000} s`)), LONGEST);
let hub;
let failure;
try {
  hub = await startHub();
  await plainHttp();
  startChromium();
  await finished;
  if (checked !== CHECKS) throw new Error(`${checked} checks were made and not ${CHECKS}`);
} catch (error) {
  failure = error;
}
clearTimeout(watchdog);
for (const child of children) {
  child.removeAllListeners("exit");
  if (child.exitCode === null && child.signalCode === null) {
    child.kill("SIGKILL");
    await once(child, "exit");
  }
}
for (const server of servers) {
  server.closeAllConnections();
  server.close();
}
if (failure) {
  console.error(`FAILED after ${checked} checks: ${failure.message}`);
  const said = readFileSync(`${work}/chromium.log`, { encoding: "utf8", flag: "a+" }).split("\n");
  console.error(`what chromium said last:\n${said.slice(-15).join("\n")}`);
  process.exitCode = 1;
} else {
  console.log(`a page in Chromium: ${checked} checks`);
}
