// What the checks have in common: programs that are started and stopped, a message centre, a hub, and the command line.

import { execFile, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

export const [binary, work] = process.argv.slice(2);
const children = new Set();
const names = new Set();

export const pause = (ms) => new Promise((yes) => setTimeout(yes, ms));

/** A port of loopback that is free now, and that no connection is given by chance while its server is away. */
export const freePort = async () => {
  for (;;) {
    const port = 15_000 + Math.floor(Math.random() * 15_000);
    const server = createServer().listen(port, "127.0.0.1");
    const isFree = await once(server, "listening").then(() => true, () => false);
    if (!isFree) continue;
    server.close();
    await once(server, "close");
    return port;
  }
};

/** Waits until `found` finds something, and returns it. */
export const until = async (what, found, seconds = 40) => {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const it = await found();
    if (it) return it;
    if (Date.now() > end) throw new Error(`not within ${seconds} s: ${what}`);
    await pause(100);
  }
};

/** Starts a program. What it complains of goes to WORK/NAME.log. */
export const start = (name, program, args, options = {}) => {
  const log = openSync(`${work}/${name}.log`, "a");
  const child = spawn(program, args, { cwd: work, stdio: ["pipe", "pipe", log], ...options });
  names.add(name);
  child.on("error", (error) => console.error(`${name}: ${error.message}`));
  children.add(child);
  child.on("exit", () => children.delete(child));
  return child;
};

const isOver = (child) => child.exitCode !== null || child.signalCode !== null;

/** Ends a program, by force if it does not end by itself. */
export const stop = async (child, signal = "SIGTERM") => {
  if (isOver(child)) return;
  const gone = once(child, "exit");
  child.kill(signal);
  const kills = setTimeout(() => child.kill("SIGKILL"), 10_000);
  await gone;
  clearTimeout(kills);
};

// Whatever happens, nothing that was started stays behind.
process.on("exit", () => {
  for (const child of children) child.kill("SIGKILL");
});
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(1));

export const stopAll = () => Promise.all([...children].map((child) => stop(child, "SIGKILL")));

/** The message centre of smsc.mjs. `seen` is what it said. */
export const startSmsc = async (manner = {}, port = 0) => {
  const script = fileURLToPath(new URL("smsc.mjs", import.meta.url));
  const child = start("smsc", process.execPath, [script, String(port)]);
  const smsc = { child, seen: [], port: 0 };
  createInterface({ input: child.stdout }).on("line", (line) => smsc.seen.push(JSON.parse(line)));
  smsc.of = (event) => smsc.seen.filter((one) => one.event === event);
  smsc.texts = () => smsc.of("submit");
  smsc.tell = (order) => child.stdin.write(`${JSON.stringify(order)}\n`);
  smsc.forget = () => void (smsc.seen.length = 0);
  smsc.tell({ manner });
  smsc.port = (await until("the message centre listens", () => smsc.of("listening")[0])).port;
  return smsc;
};

/** A hub with a folder of its own, so that it finds its log again when it is started once more. */
export const newHub = async (name, settings) => {
  const folder = `${work}/${name}`;
  mkdirSync(folder);
  const port = await freePort();
  const key = `sb_carriers_${randomBytes(24).toString("hex")}`;
  const secret = (file, text) => writeFileSync(`${folder}/${file}`, text, { mode: 0o600 });
  secret("agent.key", key);
  const limits = "[limits]\nwrites_per_second = 0\nburst = 0\nfeeds = 0\n";
  const org = '[[org]]\nid = "acme"\napps = ["desk"]\nregion = "KE"\n';
  const agent = '[[org.key]]\nlabel = "carriers test"\nfile = "agent.key"\n';
  const env = { PATH: process.env.PATH, HOME: folder, SWITCHBOARD_API_KEY: key };
  const hub = { child: null, secret };
  /** Writes its settings, which hold from the next start on. */
  hub.configure = (settings) => {
    const callbacks = settings.callbacks ?? "";
    const lines = [`listen = "127.0.0.1:${port}"\n`, limits, callbacks, org, settings.org, agent].join("\n");
    writeFileSync(`${folder}/hub.toml`, lines);
  };
  hub.configure(settings);
  hub.start = async () => {
    const args = ["serve", "--config", `${folder}/hub.toml`, "--data-dir", `${folder}/data`];
    hub.child = start(name, binary, args, { env });
    let said = "";
    hub.child.stdout.on("data", (text) => (said += text));
    await until("the hub listens", () => {
      if (isOver(hub.child)) throw new Error(`the hub ended: ${said}${lastWords(name)}`);
      return /^listening on .*\n/m.test(said);
    });
  };
  hub.stop = (signal) => stop(hub.child, signal);
  /** Runs the command line, and returns what it prints. */
  hub.cli = async (...args) => {
    const whom = ["--endpoint", `http://127.0.0.1:${port}`, "--org", "acme", "--app", "desk"];
    const options = { env, maxBuffer: 64 * 1024 * 1024 };
    return (await promisify(execFile)(binary, [args[0], ...whom, ...args.slice(1)], options)).stdout.trim();
  };
  hub.send = (to, text, from = "sms 40404") => hub.cli("send", "--to", to, "--from", from, "--text", text);
  /** What it says about its networks when that is so, or after a while in any case. */
  hub.saysOfNetworks = async (words, seconds = 30) => {
    const said = async () => {
      const said = await hub.cli("carriers");
      return words.test(said) && said;
    };
    return until("it is said", said, seconds).catch(() => hub.cli("carriers"));
  };
  /** The events that match a filter, oldest first. */
  hub.events = async (filter) => {
    const args = ["--unmasked", "--format", "ndjson", "-q", filter, "-"];
    const lines = (await hub.cli("export", ...args)).split("\n").filter((line) => line !== "");
    return lines.map((line) => JSON.parse(line));
  };
  return hub;
};

/** Runs one of the scripts in Python: what it reads and prints is JSON. */
export const python = async (script, args, asked) => {
  const path = fileURLToPath(new URL(script, import.meta.url));
  const child = execFile(`${work}/venv/bin/python`, [path, ...args], { maxBuffer: 64 * 1024 * 1024 });
  let [said, complained] = ["", ""];
  child.stdout.on("data", (text) => (said += text));
  child.stderr.on("data", (text) => (complained += text));
  child.stdin.end(JSON.stringify(asked));
  const [code] = await once(child, "close");
  if (code !== 0) throw new Error(`${script} ended with ${code}: ${complained}`);
  return JSON.parse(said);
};

/** That a network is reached, as `switchboard carriers` says it. */
export const UP = / up since /;

/** What a program wrote last into its log. */
export const lastWords = (name) => {
  try {
    return readFileSync(`${work}/${name}.log`, "utf8").split("\n").slice(-15).join("\n");
  } catch {
    return "";
  }
};

/** What is said, with the coding in which a network carries it: 0 is the alphabet of GSM 03.38, and 8 is UTF-16. */
export const sayings = {
  "a text in the alphabet of GSM 03.38": ["Año nuevo: 5 €, [{~}] \\ ñ €", 0],
  "a text in Cyrillic letters": ["привет", 8],
  "a text with a sign outside of the first plane": ["Karibu 🌻", 8],
};

/** What every program wrote last. */
export const complaints = () => [...names].map((name) => `what ${name} said last:\n${lastWords(name)}`).join("\n");

let checked = 0;
let failed = 0;
/** One check, and what was seen if it does not hold. */
export const check = (what, holds, seen) => {
  checked += 1;
  if (holds) return void console.log(`  ${what}`);
  failed += 1;
  const shown = typeof seen === "string" ? seen : JSON.stringify(seen);
  console.log(`  FAILED: ${what}\n    seen: ${String(shown).slice(0, 2000)}`);
};
/** A part of the checks, and whether it came to its end. One that breaks off counts as a failed check. */
export const part = async (name, run) => {
  console.log(name);
  const before = Date.now();
  let isOver = true;
  try {
    await run();
  } catch (error) {
    isOver = false;
    check("it goes on to its end", false, `${error.message}\n${error.stderr ?? ""}`);
  }
  console.log(`  (${((Date.now() - before) / 1000).toFixed(1)} s)`);
  return isOver;
};
export const counts = () => ({ checked, failed });
