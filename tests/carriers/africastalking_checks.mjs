// The hub's carrier `africastalking` against what the official packages, npm and PyPI, send for the same order to the
// same recorder. Only SMS is compared, and the question about the account.

import { once } from "node:events";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { check, freePort, newHub, part, python, until, UP } from "./rig.mjs";

const SECRET = "0123456789abcdef0123456789abcdef";
const ORDER = {
  username: "bahari",
  key: "atsk_no_key_of_anybody",
  to: "+254711000001",
  from: "40404",
  text: "& ‹ \" + % ~ é 😀\nline two ' < > \\ = ; /?#[]@!$()*,-._",
};

const settings = (url, door) => ({
  callbacks: `[callbacks]\nlisten = "127.0.0.1:${door}"\npublic_url = "http://127.0.0.1:${door}"\n`,
  org: `[[org.carrier]]
id = "at"
kind = "africastalking"
url = "${url}"
username = "${ORDER.username}"
api_key = { file = "at.key" }
callback_secret = { file = "callback.secret" }

[[org.channel]]
channel = "sms"
number = "${ORDER.from}"
app = "desk"
carrier = "at"
`,
});

/** Keeps what it is sent, and answers as Africa's Talking is documented to. */
const startRecorder = async () => {
  const seen = [];
  const account = { UserData: { balance: "KES 1785.50" } };
  const recipient = { statusCode: 101, number: ORDER.to, status: "Success", cost: "KES 0.8000", messageId: "ATXid_1" };
  const message = { SMSMessageData: { Message: "Sent to 1/1 Total Cost: KES 0.8000", Recipients: [recipient] } };
  const server = createServer(async (asked, reply) => {
    const parts = [];
    for await (const part of asked) parts.push(part);
    const body = Buffer.concat(parts).toString();
    const { apikey, accept, "content-type": type = "" } = asked.headers;
    const [kind] = type.split(";");
    const form = [...new URLSearchParams(body)].map((field) => field.join("=")).sort();
    seen.push({ method: asked.method, path: asked.url, apikey, accept, kind, form, body });
    reply.writeHead(asked.method === "GET" ? 200 : 201, { "content-type": "application/json" });
    reply.end(JSON.stringify(asked.method === "GET" ? account : message));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const stop = () => {
    server.close();
    server.closeAllConnections();
  };
  return { seen, url: `http://127.0.0.1:${server.address().port}`, stop };
};

/** What the npm package sends. It knows only the addresses of Africa's Talking, so they are replaced. */
const byNode = async (recorder) => {
  const here = createRequire(import.meta.url);
  const inside = createRequire(here.resolve("africastalking"));
  const axios = inside("axios");
  const create = axios.create.bind(axios);
  axios.create = (options) => create({ ...options, baseURL: recorder.url });
  const sdk = here("africastalking")({ username: ORDER.username, apiKey: ORDER.key });
  inside("./lib/common").SMS_URL = `${recorder.url}/version1/messaging`;
  await sdk.APPLICATION.fetchApplicationData();
  await sdk.SMS.send({ to: ORDER.to, from: ORDER.from, message: ORDER.text });
};

/** The question about the account, and the message, of those that arrived since. */
const both = (recorder, since) => {
  const fresh = recorder.seen.slice(since);
  return { check: fresh.find(({ method }) => method === "GET"), sms: fresh.find(({ method }) => method === "POST") };
};

const compared = (name, ours, theirs) => {
  for (const what of ["check", "sms"]) {
    const words = { check: "the question about the account", sms: "the message" }[what];
    const parts = ["method", "path", "apikey", "accept", ...(what === "sms" ? ["kind", "form"] : [])];
    const [one, other] = [ours[what], theirs[what]];
    const odd = parts.filter((part) => !one || !other || JSON.stringify(one[part]) !== JSON.stringify(other[part]));
    check(`${words} is the one of the ${name} package`, odd.length === 0, { odd, hub: one, package: other });
  }
};

const callbacks = async (hub, door) => {
  const base = `http://127.0.0.1:${door}/acme/at`;
  const post = async (secret, what, fields) => {
    const answer = await fetch(`${base}/${secret}/${what}`, { method: "POST", body: new URLSearchParams(fields) });
    return { status: answer.status, body: await answer.text() };
  };
  const report = { id: "ATXid_1", status: "Success", phoneNumber: ORDER.to, networkCode: "63902" };
  const taken = await post(SECRET, "report", report);
  const delivered = await hub.events("type:dlv st:delivered");
  const isBelieved = taken.status === 200 && delivered.length === 1;
  check("a report in the form of its documentation is believed", isBelieved, { taken, delivered });
  const [date, linkId] = ["2026-11-30 09:00:00", "28a92cdf-2d63-4ee3-93df-4233d3de0356"];
  const text = { id: "b2c3", from: "+254711000002", to: ORDER.from, text: ORDER.text, date, linkId };
  const answers = [await post(SECRET, "message", text), await post(SECRET, "message", text)];
  const stranger = await post(SECRET.replace("0", "1"), "message", { ...text, id: "b2c4" });
  const got = await hub.events("type:msg dir:in");
  const isOnce = got.length === 1 && got[0].text === ORDER.text && answers.every(({ status }) => status === 200);
  check("what a customer writes is stored once, however often it comes", isOnce, { answers, got });
  check("and without the right secret it is not", stranger.status === 401, stranger);
};

export const africastalkingChecks = async () => {
  const recorder = await startRecorder();
  const door = await freePort();
  const hub = await newHub("hub_of_africastalking", settings(recorder.url, door));
  hub.secret("at.key", ORDER.key);
  hub.secret("callback.secret", SECRET);
  await part("africastalking: the same order by the hub and by both packages", async () => {
    await hub.start();
    const said = await hub.saysOfNetworks(UP);
    check("the hub says that the network is reached", UP.test(said), said);
    await hub.send(ORDER.to, ORDER.text, `sms ${ORDER.from}`);
    const ours = await until("the message", () => both(recorder, 0).sms && both(recorder, 0));
    const beforeNode = recorder.seen.length;
    await byNode(recorder);
    const node = both(recorder, beforeNode);
    compared("npm", ours, node);
    check("and its body is the same to the last octet", ours.sms.body === node.sms.body, [ours.sms.body, node.sms.body]);
    const beforePython = recorder.seen.length;
    await python("africastalking_sdk.py", [recorder.url], ORDER);
    compared("PyPI", ours, both(recorder, beforePython));
  });
  await part("africastalking: what it posts to the hub", () => callbacks(hub, door));
  await hub.stop();
  recorder.stop();
};
