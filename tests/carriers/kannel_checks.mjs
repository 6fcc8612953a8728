// The hub's carrier `kannel`, through Kannel, against the message centre of smsc.mjs.

import { check, freePort, newHub, part, pause, sayings, startSmsc, until, UP } from "./rig.mjs";
import { PASSWORD, startKannel, USER } from "./kannel.mjs";

const SECRET = "0123456789abcdef0123456789abcdef";
const AWAY = 60_000;

const settings = (kannel, door) => ({
  callbacks: `[callbacks]\nlisten = "127.0.0.1:${door}"\npublic_url = "http://127.0.0.1:${door}"\n`,
  org: `[[org.carrier]]
id = "kannel"
kind = "kannel"
url = "${kannel.url}"
username = "${USER}"
password = { file = "kannel.password" }
callback_secret = { file = "callback.secret" }
per_second = 200
window = 20
answer_seconds = 3

[[org.channel]]
channel = "sms"
number = "40404"
app = "desk"
carrier = "kannel"
`,
});

/** The `get-url` of docs/CARRIERS.md. */
const bringTo = (door) =>
  `http://127.0.0.1:${door}/acme/kannel/${SECRET}/message?from=%p&to=%P&hex=%e&charset=%C&id=%I`;

const ask = async (url) => {
  const answer = await fetch(url);
  return { status: answer.status, body: await answer.text() };
};

const out = async (hub, smsc) => {
  for (const [what, [text, coding]] of Object.entries(sayings)) {
    smsc.forget();
    await hub.send("+254711000601", text);
    const got = await until("the text", () => smsc.texts()[0]);
    const holds = got.text === text && got.coding === coding && got.to === "254711000601";
    check(`${what} goes out as it was written`, holds, got);
  }
  const all = Object.keys(sayings).length;
  const reports = () => hub.events("type:dlv num:*601 st:delivered");
  const seen = await until("the reports", async () => (await reports()).length >= all).catch((error) => error.message);
  check("and each is delivered", seen === true, seen);
  for (const text of ["Safari njema. ".repeat(60).trim(), "Счастливого пути. ".repeat(30).trim()]) {
    smsc.forget();
    await hub.send("+254711000602", text);
    const whole = () => smsc.texts().map((one) => one.text).join("");
    await until("the parts", () => whole().length >= text.length).catch(() => {});
    check(`a text of ${text.length} letters goes in parts, and none is missing`, whole() === text, whole());
  }
  for (const [state, status] of [["UNDELIV", "failed"], ["EXPIRED", "expired"]]) {
    smsc.tell({ manner: { state } });
    await hub.send("+254711000603", `it ends with ${state}`);
    const found = async () => (await hub.events(`type:dlv num:*603 st:${status}`))[0];
    const seen = await until(state, found).catch((error) => error.message);
    check(`${state} is ${status}`, typeof seen === "object", seen);
  }
  smsc.tell({ manner: { state: "DELIVRD", refuses: 11 } });
  await hub.send("+254711000604", "nobody has this number");
  const found = async () => (await hub.events("type:dlv num:*604 st:failed"))[0];
  const refused = await until("the refusal", found).catch((error) => error.message);
  check("what the centre refuses has failed", typeof refused === "object", refused);
  smsc.tell({ manner: { refuses: 0 } });
};

const into = async (hub, smsc) => {
  const texts = [...Object.values(sayings).map(([text]) => text), "two  blanks & a +\nline"];
  for (const [at, text] of texts.entries()) {
    smsc.tell({ bring: { from: `+25471100070${at}`, to: "40404", text } });
    const mine = () => hub.events(`type:msg dir:in num:*70${at}`);
    await until("it", async () => (await mine()).length > 0).catch(() => {});
    const got = await mine();
    check(`${JSON.stringify(text)} comes in once`, got.length === 1 && got[0].text === text, got);
  }
  smsc.forget();
  const [first] = await hub.events("type:msg dir:in num:*700");
  await hub.cli("reply", "--customer", "+254711000700", "--message", first.kind.message_received.id, "--text", "Noted");
  const answer = await until("the answer", () => smsc.texts()[0]);
  const holds = answer.to === "254711000700" && answer.from === "40404" && answer.text === "Noted";
  check("the answer goes to them", holds, answer);
};

const many = async (hub, smsc) => {
  smsc.forget();
  const before = Date.now();
  const lane = async (at) => {
    for (let n = 0; n < 10; n += 1) await hub.send(`+25471100080${at}`, `many ${at}.${n}`);
  };
  await Promise.all([...Array(10).keys()].map(lane));
  const mine = async () => {
    const delivered = await hub.events("type:dlv st:delivered");
    return delivered.filter(({ number }) => /80\d$/.test(number.number)).length;
  };
  const seen = await until("100 reports", async () => (await mine()) >= 100, 30).catch(mine);
  check(`100 texts are delivered (after ${((Date.now() - before) / 1000).toFixed(1)} s)`, seen === true, seen);
  const texts = smsc.texts().map(({ text }) => text);
  check("and each arrived once", texts.length === 100 && new Set(texts).size === 100, texts.length);
};

const door = async (hub, at) => {
  const base = `http://127.0.0.1:${at}/acme/kannel`;
  const hex = (text) => Buffer.from(text).toString("hex");
  const query = (to, text) => `from=%2B254711000${to}&to=40404&hex=${hex(text)}&charset=UTF-8&id=`;
  const message = (secret, more) => ask(`${base}/${secret}/message?${more}`);
  const one = `${query(901, "Habari")}11111111-1111-4111-8111-111111111111`;
  const [right, again] = [await message(SECRET, one), await message(SECRET, one)];
  const got = await hub.events("type:msg dir:in num:*901");
  const isOnce = got.length === 1 && got[0].text === "Habari";
  // Kannel brings everything again that is not answered with 200 or 202.
  const isTaken = (answer) => answer.status === 200 && answer.body === "";
  check("what is brought twice is stored once", isOnce, got);
  check("and taken twice, without a word that Kannel would send on", isTaken(right) && isTaken(again), { right, again });
  const another = `${query(902, "Habari")}22222222-2222-4222-8222-222222222222`;
  const wrong = await message(SECRET.replace("0", "1"), another);
  const none = await hub.events("type:msg num:*902");
  check("without the right secret nothing is stored", wrong.status === 401 && none.length === 0, { wrong, none });
  const lastOf = (what) => ask(`${base}/${SECRET}/${what}`);
  const unknown = await lastOf("report?message=el_msg_ffffffffffffffffffffffffffffffff&type=1&about=%2B254711000903&words=");
  check("a report about nothing that is known is taken", isTaken(unknown), unknown);
  const before = (await hub.events("type:msg dir:in")).length;
  const unreadable = {
    "without a text": "message?from=%2B254711000904&to=40404&charset=UTF-8&id=3",
    "with a text that is not hexadecimal": "message?from=%2B254711000904&to=40404&hex=zz&charset=UTF-8&id=4",
    "with a field twice": `message?${query(904, "Habari")}5&id=6`,
    "with a report of no kind": "report?message=el_msg_ffffffffffffffffffffffffffffffff",
  };
  for (const [what, path] of Object.entries(unreadable)) {
    const answer = await lastOf(path);
    check(`a call ${what} cannot be read, and is not wanted again`, isTaken(answer), answer);
  }
  const after = (await hub.events("type:msg dir:in")).length;
  check("and nothing of it is stored", before === after, { before, after });
};

const away = async (hub, smsc) => {
  smsc.tell({ manner: { holdsReports: true } });
  smsc.forget();
  for (let n = 0; n < 5; n += 1) await hub.send("+254711001001", `reported on later ${n}`);
  await until("the texts", () => smsc.texts().length >= 5);
  await hub.stop();
  smsc.tell({ manner: { holdsReports: false } });
  for (let n = 0; n < 20; n += 1) {
    smsc.tell({ bring: { from: `+2547110011${String(n).padStart(2, "0")}`, to: "40404", text: `while away ${n}` } });
  }
  await pause(AWAY);
  await hub.start();
  const mine = () => hub.events('type:msg dir:in text:"while away"');
  const reports = () => hub.events("type:dlv num:*1001 st:delivered");
  const isThere = async () => (await mine()).length >= 20 && (await reports()).length >= 5;
  await until("what came", isThere).catch(() => {});
  // One more repetition would have come by then.
  await pause(2_500);
  const texts = (await mine()).map(({ text }) => text);
  const isOnce = texts.length === 20 && new Set(texts).size === 20;
  check("each of 20 texts that came while the hub was away is there once", isOnce, texts);
  const delivered = await reports();
  check("and so are the reports", delivered.length === 5, delivered.length);
  const sent = smsc.texts().map(({ text }) => text);
  check("and Kannel wrote nothing of its own to anybody", sent.length === 5, sent);
};

/** Kannel is halted when it gets a text, and goes on after the hub has given up waiting for its answer. */
const halted = async (hub, smsc, kannel) => {
  smsc.forget();
  kannel.box.kill("SIGSTOP");
  await hub.send("+254711001101", "without an answer");
  const before = await hub.saysOfNetworks(/ 1 unknown/);
  check("a text without an answer may have arrived or not", / 1 unknown/.test(before), before);
  kannel.box.kill("SIGCONT");
  const reports = () => hub.events("type:dlv num:*1101 st:delivered");
  const seen = await until("the report", async () => (await reports())[0]).catch((error) => error.message);
  const after = await hub.saysOfNetworks(/ 0 unknown/);
  check("until Kannel says it", typeof seen === "object" && / 0 unknown/.test(after), { seen, after });
  const texts = smsc.texts().map(({ text }) => text);
  check("and it went once", texts.join() === "without an answer", texts);
};

const gone = async (hub, smsc, kannel) => {
  smsc.forget();
  await kannel.stop();
  // Each to another customer: what Kannel got within a moment may leave it in another order.
  const all = [0, 1, 2].map((n) => `Kannel is away ${n}`);
  for (const [n, text] of all.entries()) await hub.send(`+25471100120${n}`, text);
  const said = await hub.saysOfNetworks(/ down .*3 waiting/);
  check("`switchboard carriers` says that Kannel is not reached", !UP.test(said) && /3 waiting/.test(said), said);
  await kannel.startBearer();
  await kannel.startBox();
  await until("the texts", () => smsc.texts().length >= all.length, 60).catch(() => {});
  await pause(500);
  const texts = smsc.texts().map(({ text }) => text).sort();
  check("and when it is back, what waited goes once", texts.join() === all.join(), texts);
};

const wrong = async (hub, smsc) => {
  await hub.stop();
  hub.secret("kannel.password", "wrong");
  await hub.start();
  smsc.forget();
  await hub.send("+254711001301", "with a wrong password");
  const words = /it refuses the login/;
  const said = await hub.saysOfNetworks(words);
  check("`switchboard carriers` says that the password is wrong", words.test(said) && !UP.test(said), said);
  const tail = await hub.cli("tail", "-n", "10", "--no-follow");
  check("and so does the feed", words.test(tail), tail);
  await hub.stop();
  hub.secret("kannel.password", PASSWORD);
  await hub.start();
  await until("the text", () => smsc.texts()[0]).catch(() => {});
  const texts = smsc.texts().map(({ text }) => text);
  check("with the right one the text goes, once", texts.join() === "with a wrong password", texts);
};

export const kannelChecks = async () => {
  const smsc = await startSmsc();
  const at = await freePort();
  const kannel = await startKannel(smsc.port, bringTo(at));
  const hub = await newHub("hub_of_kannel", settings(kannel, at));
  hub.secret("kannel.password", PASSWORD);
  hub.secret("callback.secret", SECRET);
  const isUp = await part("kannel: the start", async () => {
    await kannel.isOnline();
    await hub.start();
    const said = await hub.saysOfNetworks(UP);
    check("the hub says that Kannel is reached", UP.test(said), said);
  });
  if (!isUp) return;
  await part("kannel: texts out", () => out(hub, smsc));
  await part("kannel: texts in", () => into(hub, smsc));
  await part("kannel: many", () => many(hub, smsc));
  await part("kannel: the door", () => door(hub, at));
  await part(`kannel: the hub is away for ${AWAY / 1000} s`, () => away(hub, smsc));
  await part("kannel: Kannel says nothing for a while", () => halted(hub, smsc, kannel));
  await part("kannel: Kannel is away", () => gone(hub, smsc, kannel));
  await part("kannel: a wrong password", () => wrong(hub, smsc));
  await hub.stop();
  await kannel.stop();
  smsc.child.stdin.end();
};
