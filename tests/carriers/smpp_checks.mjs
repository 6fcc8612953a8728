// The hub's carrier `smpp` against the message centre of smsc.mjs.

import { check, newHub, part, pause, sayings, startSmsc, until, UP } from "./rig.mjs";

const settings = (port, lines = "") => ({
  org: `[[org.carrier]]
id = "net"
kind = "smpp"
address = "127.0.0.1:${port}"
system_id = "desk"
password = { file = "smsc.password" }
per_second = 200
window = 50
${lines}
[[org.channel]]
channel = "sms"
number = "40404"
app = "desk"
carrier = "net"
`,
});
const CUSTOMERS = 20;
const EACH = 10;
const number = (at) => `+2547110001${String(at).padStart(2, "0")}`;
const same = (one, other) => JSON.stringify(one) === JSON.stringify(other);

/** Texts to twenty customers, side by side, and to each in an order. */
const sendMany = (hub, words) => {
  const lane = async (at) => {
    for (let n = 0; n < EACH; n += 1) await hub.send(number(at), `${words} ${at}.${n}`);
  };
  return Promise.all([...Array(CUSTOMERS).keys()].map(lane));
};

/** What was sent so arrived, once, in its order, and was delivered. */
const arrived = async (hub, smsc, words) => {
  const all = CUSTOMERS * EACH;
  smsc.forget();
  const before = Date.now();
  const after = () => ((Date.now() - before) / 1000).toFixed(1);
  await sendMany(hub, words);
  const sent = after();
  await until("the reports are taken", () => smsc.of("reported").length >= all, 60).catch(() => {});
  const took = after();
  const texts = smsc.texts().map(({ text }) => text);
  check(`${all} texts arrive, each once`, texts.length === all && new Set(texts).size === all, texts.length);
  const wrong = [...Array(CUSTOMERS).keys()].filter((at) => {
    const got = smsc.texts().filter(({ to }) => `+${to}` === number(at)).map(({ text }) => text);
    return !same(got, [...Array(EACH).keys()].map((n) => `${words} ${at}.${n}`));
  });
  check("those to one customer in the order in which they were sent", wrong.length === 0, { wrong });
  const sends = await hub.events(`type:msg dir:out text:${words}`);
  const ids = new Set(sends.map(({ kind }) => kind.message_sent.id));
  const delivered = await hub.events("type:dlv st:delivered");
  const reports = delivered.filter(({ kind }) => ids.has(kind.message_status_changed.id));
  const holds = ids.size === all && reports.length === all;
  check(`and each is delivered (sent in ${sent} s, over after ${took} s)`, holds, [ids.size, reports.length]);
};

const letters = async (hub, smsc) => {
  for (const [what, [text, coding]] of Object.entries(sayings)) {
    smsc.forget();
    await hub.send("+254711000201", text);
    const got = await until("the text", () => smsc.texts()[0]);
    check(`${what} goes out as it was written`, got.text === text && got.coding === coding, got);
    smsc.tell({ bring: { from: "+254711000202", to: "40404", text } });
    await until("the acknowledgement", () => smsc.of("brought")[0]);
    const [last] = (await hub.events("type:msg dir:in num:*202")).slice(-1);
    check(`${what} comes in as it was written`, last?.text === text, last);
  }
  for (const text of ["Safari njema. ".repeat(60).trim(), "Счастливого пути. ".repeat(40).trim()]) {
    smsc.forget();
    await hub.send("+254711000201", text);
    const got = await until("the text", () => smsc.texts()[0]);
    check(`a text of ${text.length} letters goes out whole`, got.text === text && got.isPayload && !got.parts, got);
    smsc.tell({ bring: { from: "+254711000203", to: "40404", text } });
    await until("the acknowledgement", () => smsc.of("brought")[0]);
    const [last] = (await hub.events("type:msg dir:in num:*203")).slice(-1);
    check("and comes in whole", last?.text === text, last);
  }
};

const conversation = async (hub, smsc) => {
  smsc.forget();
  smsc.tell({ bring: { from: "+254711000301", to: "40404", text: "Where is my parcel?" } });
  await until("the acknowledgement", () => smsc.of("brought")[0]);
  const got = await hub.events("type:msg num:*301");
  check("what a customer writes is in the log once", got.length === 1 && got[0].text === "Where is my parcel?", got);
  const id = got[0]?.kind?.message_received?.id;
  await hub.cli("reply", "--customer", "+254711000301", "--message", id, "--text", "On its way");
  const answer = await until("the answer", () => smsc.texts()[0]);
  check("the answer goes to them from the number they wrote to",
    answer.to === "254711000301" && answer.from === "40404" && answer.text === "On its way", answer);
  const reports = () => hub.events("type:dlv num:*301 st:delivered");
  await until("the report", async () => (await reports()).length === 1);
  check("and is delivered", true);
};

const outage = async (hub, smsc) => {
  smsc.forget();
  smsc.tell({ hangUp: true });
  for (let n = 0; n < 5; n += 1) await hub.send("+254711000401", `after ${n}`);
  smsc.tell({ bring: { from: "+254711000402", to: "40404", text: "while nobody is there" } });
  await until("the texts", () => smsc.texts().length >= 5, 30);
  const got = await until("what came in", async () => (await hub.events("type:msg num:*402"))[0]);
  await pause(300);
  const texts = smsc.texts().map(({ text }) => text);
  const right = [0, 1, 2, 3, 4].map((n) => `after ${n}`);
  check("after a lost connection everything goes, once and in order", same(texts, right), texts);
  check("and what came meanwhile is there", got.text === "while nobody is there", got);
};

/** The names 10 to 1B in hexadecimal digits are 16 to 27 in decimal ones, of which 16 to 19 are names of others too. */
const names = async (hub, smsc) => {
  const all = 12;
  const to = (at) => `2547110007${String(at).padStart(2, "0")}`;
  const manner = { changesDigits: true, namesInTlv: false, holdsReports: true, failsTo: to(1) };
  smsc.tell({ manner, last: 15 });
  smsc.forget();
  for (let at = 1; at <= all; at += 1) await hub.send(`+${to(at)}`, `called ${at}`);
  await until("the answers", () => smsc.texts().length === all);
  const called = smsc.texts().map(({ id }) => id);
  check("a message has the name, in other digits, that another one has", called[0] === "10" && called[6] === "16", called);
  smsc.tell({ manner: { holdsReports: false } });
  await until("the reports are taken", () => smsc.of("reported").length >= all).catch(() => {});
  const reports = async () => {
    const found = (await hub.events("type:dlv")).filter(({ number }) => number.number.startsWith("+2547110007"));
    return found.map(({ number, text }) => `${number.number} ${text}`).sort();
  };
  const right = [...Array(all).keys()].map((at) => `+${to(at + 1)} ${at === 0 ? "failed" : "delivered"}`);
  const seen = await until("them", async () => (await reports()).length >= all && reports()).catch(reports);
  check("and each report is about the one to its number", same(seen, right), seen);
  smsc.tell({ manner: { changesDigits: false, namesInTlv: true, failsTo: "" }, last: 0xb0000 });
};

/** The hub is stopped while the network owes it answers, which come at once then. */
const stopped = async (hub, smsc) => {
  smsc.tell({ manner: { holdsAnswers: true } });
  smsc.forget();
  const to = (at) => `+2547110006${String(at).padStart(2, "0")}`;
  await Promise.all([...Array(CUSTOMERS).keys()].map((at) => hub.send(to(at), `owed ${at}`)));
  await until("the texts", () => smsc.texts().length >= CUSTOMERS);
  const gone = hub.stop();
  await pause(300);
  smsc.tell({ manner: { holdsAnswers: false } });
  await gone;
  const { exitCode, signalCode } = hub.child;
  check("a hub that is stopped ends well", exitCode === 0, { exitCode, signalCode });
  const logout = await until("the logout", () => smsc.of("logout")[0]).catch((error) => error.message);
  check("and logs out", logout.event === "logout", logout);
  await hub.start();
  await until("the reports are taken", () => smsc.of("reported").length >= CUSTOMERS).catch(() => {});
  const [said, feed] = [await hub.cli("carriers"), await hub.cli("tail", "-n", "400", "--no-follow")];
  const unknown = feed.split("\n").filter((line) => line.includes("nobody knows"));
  check("of nothing that was owed it is unknown whether it arrived",
    said.includes(" 0 unknown") && unknown.length === 0, { said, unknown });
  const reports = (await hub.events("type:dlv st:delivered")).map(({ number }) => number.number);
  const right = [...Array(CUSTOMERS).keys()].map(to);
  check("each is delivered", right.every((to) => reports.filter((one) => one === to).length === 1), reports);
  const texts = smsc.texts().map(({ text }) => text);
  check("and went once", texts.length === CUSTOMERS && new Set(texts).size === CUSTOMERS, texts);
};

const failures = async (hub, smsc) => {
  for (const [state, status] of [["UNDELIV", "failed"], ["REJECTD", "failed"], ["EXPIRED", "expired"]]) {
    smsc.tell({ manner: { state } });
    await hub.send("+254711000501", `it ends with ${state}`);
    const reports = () => hub.events(`type:dlv num:*501 st:${status}`);
    const seen = await until(state, async () => (await reports()).at(-1)).catch((error) => error.message);
    check(`${state} is ${status}`, typeof seen === "object", seen);
  }
  smsc.tell({ manner: { state: "DELIVRD" } });
};

export const smppChecks = async () => {
  const smsc = await startSmsc();
  const hub = await newHub("smpp", settings(smsc.port));
  hub.secret("smsc.password", "secret");
  const isUp = await part("smpp: the login", async () => {
    await hub.start();
    const login = await until("a login", () => smsc.of("login")[0]);
    check("the hub logs in", login.taken && login.systemId === "desk", login);
    const said = await hub.saysOfNetworks(UP);
    check("and says that the network is up", UP.test(said), said);
  });
  if (!isUp) return;
  await part("smpp: 200 texts to a network that has too much to do for one in five", async () => {
    smsc.tell({ manner: { throttlesEvery: 5 } });
    await arrived(hub, smsc, "throttled");
    const times = smsc.of("throttled").length;
    check(`the network had too much to do ${times} times`, times >= 40, times);
    smsc.tell({ manner: { throttlesEvery: 0 } });
  });
  await part("smpp: names in hexadecimal digits, reports in decimal ones, in their text alone", async () => {
    smsc.tell({ manner: { changesDigits: true, namesInTlv: false } });
    await arrived(hub, smsc, "hexadecimal");
    smsc.tell({ manner: { changesDigits: false, namesInTlv: true } });
  });
  await part("smpp: a report that may be about one of two messages", () => names(hub, smsc));
  await part("smpp: letters", () => letters(hub, smsc));
  await part("smpp: a conversation", () => conversation(hub, smsc));
  await part("smpp: reports of a failure", () => failures(hub, smsc));
  await part("smpp: a lost connection", () => outage(hub, smsc));
  await part("smpp: a stop while answers are owed", () => stopped(hub, smsc));
  await part("smpp: a wrong password", async () => {
    await hub.stop();
    hub.secret("smsc.password", "wrong");
    await hub.start();
    const said = await hub.saysOfNetworks(/refuses the login/);
    check("a wrong password is said", said.includes("check system_id and password"), said);
    await hub.stop();
  });
  smsc.child.stdin.end();
};
