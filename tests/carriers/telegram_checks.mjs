// The hub's carrier `telegram` against the npm package `telegram-test-api`, which stands in for the Bot API: a text in, and
// an answer out. It answers at once where Telegram waits, and takes whatever it is told.

import { once } from "node:events";
import { createServer } from "node:http";
import TelegramServer from "telegram-test-api";
import { check, newHub, part, sayings, until, UP } from "./rig.mjs";

const TOKEN = "110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw_-";
const CUSTOMER = 4417;

const settings = (url) => ({
  org: `[[org.carrier]]
id = "bot"
kind = "telegram"
url = "${url}"
token = { file = "bot.token" }
per_second = 100

[[org.channel]]
channel = "telegram"
number = "@bahari_bot"
app = "desk"
carrier = "bot"
`,
});

/** The package's own server, which forgets to say that a bot is one. Telegram always says it. */
const startTelegram = async () => {
  const telegram = new TelegramServer({});
  const server = createServer((asked, reply) => {
    if (!asked.url.endsWith("/getMe")) return telegram.webServer(asked, reply);
    const bot = { id: 110201543, is_bot: true, first_name: "Bahari", username: "bahari_bot" };
    const isKnown = asked.url === `/bot${TOKEN}/getMe`;
    const said = isKnown ? { ok: true, result: bot } : { ok: false, error_code: 401, description: "Unauthorized" };
    reply.writeHead(isKnown ? 200 : 401, { "content-type": "application/json" }).end(JSON.stringify(said));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  telegram.config.apiURL = `http://127.0.0.1:${server.address().port}`;
  const stop = () => {
    server.close();
    server.closeAllConnections();
  };
  return { telegram, url: telegram.config.apiURL, stop };
};

const conversation = async (hub, telegram) => {
  const client = telegram.getClient(TOKEN, { chatId: CUSTOMER, userId: CUSTOMER, firstName: "Amina" });
  const sent = (text) => telegram.storage.botMessages.find(({ message }) => message.text === text)?.message;
  for (const [text] of [...Object.values(sayings), ["& < > \" \\ + % ~ *bold* _é_\nline two"]]) {
    await client.sendMessage(client.makeMessage(text));
    const mine = async () => (await hub.events("type:msg dir:in")).filter((event) => event.text === text);
    await until("what was written", async () => (await mine()).length > 0).catch(() => {});
    const [got, ...more] = await mine();
    const isOnce = got?.number.number === String(CUSTOMER) && more.length === 0;
    check(`${JSON.stringify(text)} comes in once`, isOnce, { got, more });
    const answer = `It was: ${text}`;
    const to = `telegram:${CUSTOMER}`;
    await hub.cli("reply", "--customer", to, "--message", got.kind.message_received.id, "--text", answer);
    const message = await until("the answer", () => sent(answer)).catch((error) => error.message);
    check("the answer arrives as it was written", Number(message.chat_id) === CUSTOMER, message);
  }
  const texts = telegram.storage.botMessages.map(({ message }) => message.text);
  check("each answer arrives once", new Set(texts).size === texts.length && texts.length === 4, texts);
  const read = telegram.storage.userMessages.map(({ isRead }) => isRead);
  check("and nothing is left to be read", read.every((isRead) => isRead), read);
};

export const telegramChecks = async () => {
  const { telegram, url, stop } = await startTelegram();
  const hub = await newHub("hub_of_telegram", settings(url));
  hub.secret("bot.token", TOKEN);
  const isUp = await part("telegram: the start", async () => {
    await hub.start();
    const said = await hub.saysOfNetworks(UP);
    check("the hub says that the bot is reached", UP.test(said), said);
  });
  if (isUp) await part("telegram: a conversation", () => conversation(hub, telegram));
  await hub.stop();
  await part("telegram: a wrong token", async () => {
    hub.secret("bot.token", TOKEN.replace("AAH", "AAI"));
    await hub.start();
    const words = /it refuses the token/;
    const said = await hub.saysOfNetworks(words);
    check("`switchboard carriers` says that the token is wrong, and does not say the token",
      words.test(said) && !said.includes("AAI"), said);
    await hub.stop();
  });
  stop();
};
