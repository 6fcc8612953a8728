// The hub's carrier `africastalking` against what the official packages, npm and PyPI, send for the same order to the
// same recorder, and the plans of calls against what the builder of the npm package writes.

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
  voice: "+254711082000",
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

[[org.channel]]
channel = "voice"
number = "${ORDER.voice}"
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
    const call = { entries: [{ phoneNumber: ORDER.to, sessionId: "ATVId_1", status: "Queued" }], errorMessage: "None" };
    const made = asked.url === "/call" ? call : message;
    reply.end(JSON.stringify(asked.method === "GET" ? account : made));
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
  inside("./lib/common").VOICE_URL = recorder.url;
  await sdk.VOICE.call({ callTo: [ORDER.to], callFrom: ORDER.voice, clientRequestId: "el_ses_1" });
  return sdk;
};

/** The question about the account, the message and the call, of those that arrived since. */
const all = (recorder, since) => {
  const fresh = recorder.seen.slice(since);
  const at = (end) => fresh.find(({ path }) => path.startsWith(end));
  return { check: at("/version1/user"), sms: at("/version1/messaging"), call: at("/call") };
};

const compared = (name, ours, theirs) => {
  for (const what of ["check", "sms", "call"]) {
    const words = { check: "the question about the account", sms: "the message", call: "the call" }[what];
    const parts = ["method", "path", "apikey", "accept", ...(what === "check" ? [] : ["kind", "form"])];
    // Each call has an id of its own, and the PyPI package gives it none.
    const named = (asked) => asked && { ...asked, form: asked.form.filter((field) => !field.startsWith("clientRequestId=")) };
    const [one, other] = [named(ours[what]), named(theirs[what])];
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

/** A plan as the command line takes it, and as the builder of the npm package is told it. Texts are escaped for the builder, which
 * does not do that itself. */
const PLANS = [
  ["say [female, beep] Karibu\nplay https://bahari.example/a.mp3\nsay Tom & <Jerry>", (plan) => plan
    .say("Karibu", { voice: "woman", playBeep: true }).play("https://bahari.example/a.mp3")
    .say("Tom &amp; &lt;Jerry&gt;")],
  ["ask 4 digits within 30s until #: Your account number?", (plan) => plan
    .getDigits({ say: { text: "Your account number?" } }, { timeout: 30, finishOnKey: "#", numDigits: 4 })],
  ["record within 5s up to 10s until * beep trim: Your name?", (plan) => plan
    .record({ say: { text: "Your name?" } }, { timeout: 5, maxLength: 10, finishOnKey: "*", playBeep: true, trimSilence: true })],
  ["say This is recorded\nrecord-all", (plan) => plan.say("This is recorded").record({})],
  ["dial [record, one-by-one, show +254711082000, for 600s, hear https://bahari.example/r.mp3] +254711000008 +254711000009",
    (plan) => plan.dial("+254711000008,+254711000009", { record: true, sequential: true, callerId: "+254711082000",
      ringBackTone: "https://bahari.example/r.mp3", maxDuration: 600 })],
  ["queue [music https://bahari.example/h.mp3] support", (plan) => plan
    .enqueue({ holdMusic: "https://bahari.example/h.mp3", name: "support" })],
  [`take-from ${ORDER.voice} support`, (plan) => plan.dequeue(ORDER.voice, { name: "support" })],
  ["redirect https://bahari.example/next", (plan) => plan.redirect("https://bahari.example/next")],
  ["reject", (plan) => plan.reject()],
];

/** Elements with their attributes in order, because no order of these means anything. */
const tree = (xml) => {
  const parts = xml.replace(/<\?[^>]*\?>/, "").match(/<[^>]*>|[^<]+/g) ?? [];
  return parts.flatMap((part) => {
    if (!part.startsWith("<") || part.startsWith("</")) return [part];
    const name = part.match(/^<([A-Za-z]+)/)[1];
    const attributes = [...part.matchAll(/([A-Za-z]+)="([^"]*)"/g)].map(([whole]) => whole).sort();
    const open = `<${name} ${attributes.join(" ")}>`;
    return part.endsWith("/>") ? [open, `</${name}>`] : [open];
  }).join("");
};

const voice = async (hub, door, sdk) => {
  const base = `http://127.0.0.1:${door}/acme/at/${SECRET}`;
  const asks = async (fields) => {
    const answer = await fetch(`${base}/voice`, { method: "POST", body: new URLSearchParams(fields) });
    return answer.text();
  };
  for (const [n, [words, build]] of PLANS.entries()) {
    const call = { sessionId: `ATVId_in${n}`, direction: "Inbound", callerNumber: `+25471100010${n}`, destinationNumber: ORDER.voice };
    const answer = asks({ ...call, isActive: "1" });
    const waits = () => hub.cli("live").then((said) => said.match(/el_ses_\w+/)?.[0]);
    const session = await until("the call waits", waits);
    await hub.cli("answer-call", "--session", session, "--actions", words);
    const [ours, theirs] = [await answer, build(new sdk.VOICE.ActionBuilder()).build()];
    check(`the plan \`${words.split("\n").join("; ")}\` is the one of the builder`, tree(ours) === tree(theirs), { ours, theirs });
    await asks({ ...call, isActive: "0", durationInSeconds: "3", hangupCause: "NORMAL_CLEARING" });
  }
  const waiting = await hub.cli("live");
  check("and nobody waits any more", !waiting.includes("el_ses_"), waiting);
};

export const africastalkingChecks = async () => {
  const recorder = await startRecorder();
  const door = await freePort();
  const hub = await newHub("hub_of_africastalking", settings(recorder.url, door));
  let sdk;
  hub.secret("at.key", ORDER.key);
  hub.secret("callback.secret", SECRET);
  await part("africastalking: the same order by the hub and by both packages", async () => {
    await hub.start();
    const said = await hub.saysOfNetworks(UP);
    check("the hub says that the network is reached", UP.test(said), said);
    await hub.send(ORDER.to, ORDER.text, `sms ${ORDER.from}`);
    await hub.cli("call", "--to", ORDER.to, "--from", ORDER.voice, "--confirm", "call");
    const ours = await until("the message and the call", () => {
      const { check, sms, call } = all(recorder, 0);
      return sms && call && { check, sms, call };
    });
    const beforeNode = recorder.seen.length;
    sdk = await byNode(recorder);
    const node = all(recorder, beforeNode);
    compared("npm", ours, node);
    check("and its body is the same to the last octet", ours.sms.body === node.sms.body, [ours.sms.body, node.sms.body]);
    const beforePython = recorder.seen.length;
    await python("africastalking_sdk.py", [recorder.url], ORDER);
    compared("PyPI", ours, all(recorder, beforePython));
  });
  await part("africastalking: what it posts to the hub", () => callbacks(hub, door));
  await part("africastalking: calls and what they do", () => voice(hub, door, sdk));
  await hub.stop();
  recorder.stop();
};
