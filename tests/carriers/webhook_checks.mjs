// The hub's carrier `webhook` against the provider of provider.mjs, and against the same standard in Python.

import { check, freePort, newHub, part, pause, python, sayings, until, UP } from "./rig.mjs";
import { newKey, signed, startProvider } from "./provider.mjs";

const AWAY = 10_000;
/** What could be spoilt between two programs: quotes, escapes, what JSON or HTML mean something by, other alphabets. */
const TEXTS = [
  ...Object.values(sayings).map(([text]) => text),
  "& ‹ < > \" ' \\ + % ~ é\ttab\nline two \u0001 \\u0041 </script> 👩🏾‍🌾 مرحبا",
];

const settings = (provider, door, lines = "") => ({
  callbacks: `[callbacks]\nlisten = "127.0.0.1:${door}"\npublic_url = "http://127.0.0.1:${door}"\n`,
  org: `[[org.carrier]]
id = "own"
kind = "webhook"
url = "${provider.url}"
key = { file = "webhook.key" }
${lines}
answer_seconds = 2
per_second = 200
window = 20

[[org.channel]]
channel = "sms"
number = "40404"
app = "desk"
carrier = "own"
`,
});
const written = (from, text) => ({ type: "message", data: { channel: "sms", from, to: "40404", text } });
const byPython = (key, more) => python("standard_webhooks.py", [], { key, ...more });
const got = (hub, ending) => hub.events(`type:msg dir:in num:*${ending}`);

/** A message that the provider has delivered, once it has. */
const delivered = (provider, text) =>
  until(`the text ${text}`, () => provider.messages().find((message) => message.text === text));

const out = async (hub, provider) => {
  for (const [at, text] of TEXTS.entries()) {
    const to = `+25471100110${at}`;
    await hub.send(to, text);
    const message = await until("the message", () => provider.messages().find((one) => one.to === to));
    const { headers, said } = provider.posts.find(({ id }) => id === message.id);
    const { id, channel, from, valid_for_seconds: seconds } = message;
    const isWhole = message.text === text && channel === "sms" && from === "40404" && seconds > 0;
    const isNamed = said.type === "message" && headers["webhook-id"] === id && id.startsWith("el_msg_");
    check(`the hub posts ${JSON.stringify(text)}, and the library believes it`, isWhole && isNamed, { headers, said });
  }
  const [one, other] = provider.messages();
  const report = (data) => provider.post({ type: "report", data });
  const answers = [
    await report({ id: one.id, status: "delivered" }),
    await report({ reference: `ours-${other.id}`, status: "failed" }),
  ];
  const reported = async (status) => {
    const events = await hub.events(`type:dlv st:${status}`);
    return events.map(({ kind }) => kind.message_status_changed.id).join();
  };
  const seen = { answers, delivered: await reported("delivered"), failed: await reported("failed") };
  const isTaken = answers.every(({ status }) => status === 200);
  const holds = isTaken && seen.delivered === one.id && seen.failed === other.id;
  check("it believes the library's reports, by our name and by theirs", holds, seen);
};

const into = async (hub, provider) => {
  for (const [at, text] of TEXTS.entries()) {
    const answer = await provider.post(written(`+25471100120${at}`, text));
    const stored = await got(hub, `120${at}`);
    const holds = answer.status === 200 && stored.length === 1 && stored[0].text === text;
    check(`the hub believes the library, and stores ${JSON.stringify(text)}`, holds, { answer, stored });
  }
  const [first] = await got(hub, "1200");
  await hub.cli("reply", "--customer", "+254711001200", "--message", first.kind.message_received.id, "--text", "Noted");
  const answer = await delivered(provider, "Noted");
  check("the answer goes to them", answer.to === "+254711001200" && answer.from === "40404", answer);
};

/** The library in Python believes what the hub posted, and is believed. */
const other = async (hub, provider) => {
  const posts = provider.posts.filter(({ said }) => said);
  const changed = posts.map((post) => ({ ...post, body: post.body.replace("}", " }") }));
  const body = (text, at) => JSON.stringify(written(`+25471100130${at}`, text));
  const bodies = TEXTS.map((text, at) => ({ id: `python_${at}`, body: body(text, at) }));
  const all = await byPython(provider.key, { posts: [...posts, ...changed], bodies });
  const [right, wrong] = [all.verified.slice(0, posts.length), all.verified.slice(posts.length)];
  const isBelieved = posts.length > TEXTS.length && right.every((why) => why === null);
  check(`the library in Python believes the ${posts.length} posts of the hub`, isBelieved, right);
  check("and none of them when it was changed", wrong.every((why) => why !== null), wrong);
  for (const [at, { body }] of bodies.entries()) {
    const answer = await provider.deliver(all.signed[at], body);
    const stored = await got(hub, `130${at}`);
    const holds = answer.status === 200 && stored.length === 1 && stored[0].text === TEXTS[at];
    check(`the hub believes what it signs, and stores ${JSON.stringify(TEXTS[at])}`, holds, { answer, stored });
  }
};

const forged = async (hub, provider) => {
  const body = JSON.stringify(written("+254711001401", "Send it to me instead"));
  const { key } = provider;
  const at = (minutes) => signed(key, body, { at: new Date(Date.now() + minutes * 60_000) });
  const right = signed(key, body);
  const without = Object.fromEntries(Object.entries(right).filter(([name]) => !name.startsWith("webhook-")));
  const later = String(Number(right["webhook-timestamp"]) + 1);
  const cases = {
    "whose body was changed": [right, body.replace("1401", "1402")],
    "whose id was changed": [{ ...right, "webhook-id": "another" }, body],
    "whose time was changed": [{ ...right, "webhook-timestamp": later }, body],
    "from ten minutes ago": [at(-10), body],
    "from ten minutes ahead": [at(10), body],
    "that was signed with another key": [signed(newKey(), body), body],
    "that is not signed": [without, body],
    "with a signature of no version": [{ ...right, "webhook-signature": right["webhook-signature"].slice(3) }, body],
  };
  for (const [what, [headers, body]] of Object.entries(cases)) {
    const answer = await provider.deliver(headers, body);
    check(`a post ${what} is refused`, answer.status === 401 && answer.body === "", answer);
  }
  const stored = [...(await got(hub, "1401")), ...(await got(hub, "1402"))];
  check("and nothing of them is stored", stored.length === 0, stored);
  const four = await provider.deliver(at(-4), body);
  check("one from four minutes ago is not", four.status === 200 && (await got(hub, "1401")).length === 1, four);
};

const again = async (hub, provider) => {
  const post = (at, key) => provider.post(written(`+25471100150${at}`, `again ${at}`), { id: `again_${at}`, key });
  const answers = [];
  for (let n = 0; n < 5; n += 1) answers.push(await post(0));
  answers.push(...(await Promise.all([1, 1, 1, 1, 1].map((at) => post(at)))));
  const stored = [await got(hub, "1500"), await got(hub, "1501")].map((events) => events.length);
  check("a message that is posted five times is stored once, one after the other and at once",
    answers.every(({ status }) => status === 200) && stored.join() === "1,1", { answers, stored });
};

/** Posts under one id until the hub has taken it, and then once more, as if its answer had been lost. */
const insist = async (provider, at) => {
  const said = written(`+2547110016${String(at).padStart(2, "0")}`, `while away ${at}`);
  const id = `away_${at}`;
  for (;;) {
    if ((await provider.post(said, { id })).status === 200) break;
    await pause(500);
  }
  return (await provider.post(said, { id })).status;
};

const away = async (hub, provider) => {
  // The first ten are under way when the hub falls.
  const early = [...Array(10).keys()].map((at) => insist(provider, at));
  await hub.stop("SIGKILL");
  const late = [...Array(10).keys()].map((at) => insist(provider, at + 10));
  await pause(AWAY);
  await hub.start();
  const answers = await Promise.all([...early, ...late]);
  const texts = (await hub.events('type:msg dir:in text:"while away"')).map(({ text }) => text);
  const isOnce = texts.length === 20 && new Set(texts).size === 20;
  check("each of 20 messages is stored once", isOnce && answers.every((status) => status === 200), { answers, texts });
};

const hesitant = async (hub, provider) => {
  const manners = {
    "answers 500": { status: 500 },
    "says nothing": { silent: true },
    "hangs up": { hangsUp: true },
    "delivers it and answers 500": { status: 500, delivers: true },
    "delivers it and says nothing": { silent: true, delivers: true },
    "delivers it and hangs up": { hangsUp: true, delivers: true },
    "wants to be asked after 2 s": { status: 503, retryAfter: "2" },
  };
  for (const [what, manner] of Object.entries(manners)) {
    provider.manner = (_, times) => (times === 1 ? manner : undefined);
    await hub.send("+254711001701", `it ${what}`);
    const about = () => provider.posts.filter(({ said }) => said?.data?.text === `it ${what}`);
    await until("the message once more", () => about().length >= 2);
    const posts = about();
    const ids = new Set(posts.map(({ headers, said }) => `${headers["webhook-id"]} ${said.data.id}`));
    const sent = provider.messages().filter(({ text }) => text === `it ${what}`);
    const waited = posts[1].at - posts[0].at;
    const isLate = manner.retryAfter === undefined || waited >= 1_950;
    const holds = posts.length === 2 && ids.size === 1 && sent.length === 1 && isLate;
    const promise = "gets it again by the same id, and delivers it once";
    check(`a provider that ${what} at first ${promise}`, holds, { posts, sent, waited });
  }
  provider.manner = () => undefined;
  const said = await hub.saysOfNetworks(/ 0 waiting, 0 unknown/);
  check("and it is unknown of none whether it arrived", / 0 waiting, 0 unknown/.test(said), said);
  provider.manner = () => ({ status: 422, words: "no such number" });
  await hub.send("+254711001702", "it refuses");
  const failed = () => hub.events("type:dlv num:*1702 st:failed");
  const seen = await until("the refusal", async () => (await failed())[0]).catch((error) => error.message);
  check("what it refuses has failed", typeof seen === "object", seen);
  provider.manner = () => undefined;
};

/** The hub falls while the provider, which has sent the message on, owes it the answer. */
const killed = async (hub, provider) => {
  provider.manner = (_, times) => (times === 1 ? { silent: true, delivers: true } : undefined);
  await hub.send("+254711001751", "the hub falls");
  await delivered(provider, "the hub falls");
  await hub.stop("SIGKILL");
  await hub.start();
  const about = () => provider.posts.filter(({ said }) => said?.data?.text === "the hub falls");
  await until("the message once more", () => about().length >= 2);
  const said = await hub.saysOfNetworks(/ 0 waiting, 0 unknown/);
  const sent = provider.messages().filter(({ text }) => text === "the hub falls");
  const ids = new Set(about().map(({ id }) => id));
  const holds = ids.size === 1 && sent.length === 1 && / 0 waiting, 0 unknown/.test(said);
  check("what the hub was killed over goes again by the same id, and is delivered once", holds, { posts: about(), said });
  const feed = await hub.cli("tail", "-n", "400", "--no-follow");
  const unknown = feed.split("\n").filter((line) => line.includes("nobody knows"));
  check("and nothing is said to be unknown", unknown.length === 0, unknown);
  provider.manner = () => undefined;
};

/** First the provider has the old key only, then the new one only; the hub has both meanwhile. */
const rotation = async (hub, provider, door) => {
  const [old, young] = [provider.key, newKey()];
  await hub.stop();
  hub.secret("webhook.key", young);
  hub.secret("old.key", old);
  hub.configure(settings(provider, door, 'old_key = { file = "old.key" }'));
  await hub.start();
  for (const [at, [what, key]] of [["old", old], ["new", young]].entries()) {
    provider.key = key;
    await hub.send("+254711001801", `by the ${what} key`);
    await delivered(provider, `by the ${what} key`);
    const posts = provider.posts.slice(-1);
    const said = written("+254711001802", "Habari");
    const body = JSON.stringify(said);
    const { verified, signed } = await byPython(key, { posts, bodies: [{ id: `rotated_${what}`, body }] });
    check(`who has the ${what} key believes the hub`, posts[0].said && verified[0] === null, { posts, verified });
    const answers = [await provider.post(said), await provider.deliver(signed[0], body)];
    const stored = await got(hub, "1802");
    const holds = answers.every(({ status }) => status === 200) && stored.length === 2 * (at + 1);
    check("and is believed, in both languages", holds, { answers, stored });
  }
  const stranger = await provider.post(written("+254711001803", "Habari"), { key: newKey() });
  check("nobody else is", stranger.status === 401, stranger);
  await hub.stop();
  hub.configure(settings(provider, door));
  await hub.start();
  const late = await provider.post(written("+254711001804", "Habari"), { key: old });
  const right = await provider.post(written("+254711001805", "Habari"), { key: young });
  check("after it the old key is worth nothing", late.status === 401 && right.status === 200, { late, right });
};

/** The provider has another key than the hub, until that is mended. */
const mistaken = async (hub, provider) => {
  const { key } = provider;
  provider.key = newKey();
  await hub.send("+254711001901", "with another key");
  const words = /it does not take our signature/;
  const said = await hub.saysOfNetworks(words);
  const isSaid = words.test(said) && /1 waiting/.test(said);
  check("`switchboard carriers` says that the provider does not believe the hub", isSaid, said);
  provider.key = key;
  await delivered(provider, "with another key");
  const posts = provider.posts.filter(({ body }) => body.includes("with another key"));
  check("once it does, the message goes, by the same id", new Set(posts.map(({ id }) => id)).size === 1, posts);
};

export const webhookChecks = async () => {
  const door = await freePort();
  const provider = await startProvider(newKey(), `http://127.0.0.1:${door}/acme/own`);
  const hub = await newHub("hub_of_webhook", settings(provider, door));
  hub.secret("webhook.key", provider.key);
  const isUp = await part("webhook: the start", async () => {
    await hub.start();
    const said = await hub.saysOfNetworks(UP);
    check("the hub says that the provider is reached", UP.test(said), said);
    const [ping] = provider.posts;
    check("it asked with a signed ping, which the library believes", ping.said?.type === "ping", ping);
  });
  if (!isUp) return;
  await part("webhook: messages out", () => out(hub, provider));
  await part("webhook: messages in", () => into(hub, provider));
  await part("webhook: the same in Python", () => other(hub, provider));
  await part("webhook: forged posts", () => forged(hub, provider));
  await part("webhook: posts that come again", () => again(hub, provider));
  await part("webhook: a provider that hesitates", () => hesitant(hub, provider));
  await part("webhook: the hub is killed while an answer is owed", () => killed(hub, provider));
  await part(`webhook: the hub is killed, and away for ${AWAY / 1000} s`, () => away(hub, provider));
  await part("webhook: two keys while they change", () => rotation(hub, provider, door));
  await part("webhook: a wrong key", () => mistaken(hub, provider));
  await hub.stop();
  provider.stop();
};
