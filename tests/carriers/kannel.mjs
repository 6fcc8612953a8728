// Kannel, as Debian has it, between a message centre and whoever sends by HTTP.

import { mkdirSync, writeFileSync } from "node:fs";
import { freePort, lastWords, start, stop, until, work } from "./rig.mjs";

export const USER = "desk";
export const PASSWORD = "sesame";

/** What it is told. `bring` is the address to which it brings what customers write. */
const settings = (ports, smsc, bring, folder) => `
group = core
admin-port = ${ports.admin}
admin-interface = 127.0.0.1
admin-password = admin
admin-allow-ip = 127.0.0.1
smsbox-port = ${ports.box}
smsbox-interface = 127.0.0.1
box-allow-ip = 127.0.0.1
log-file = "${folder}/bearerbox.log"
log-level = 0
store-type = spool
store-location = "${folder}/spool"
dlr-storage = internal
# Seconds until a text that the centre did not take goes again. It is a minute if nothing is said.
sms-resend-freq = 1

group = smsc
smsc = smpp
smsc-id = centre
host = 127.0.0.1
port = ${smsc}
transceiver-mode = true
smsc-username = desk
smsc-password = secret
system-type = ""
interface-version = 34
my-number = 40404
# Seconds until a lost session is opened again.
reconnect-delay = 1
enquire-link-interval = 10

group = smsbox
bearerbox-host = 127.0.0.1
sendsms-port = ${ports.sendsms}
sendsms-interface = 127.0.0.1
log-file = "${folder}/smsbox.log"
log-level = 0
# How often, and after how many seconds, what the hub did not take is brought again. By default it is lost at once.
# docs/CARRIERS.md has 10 seconds here, for which nobody wants to wait.
http-request-retry = 360
http-queue-delay = 2

group = sendsms-user
username = ${USER}
password = ${PASSWORD}
# Without these two a long text is cut after its first part, without a word.
concatenation = true
max-messages = 130

group = sms-service
keyword = default
catch-all = true
# What the hub answers, or that it does not, is nothing that a customer should get as a text.
omit-empty = true
max-messages = 0
get-url = "${bring}"
`;

/** Starts one of the two programs, and waits until it answers at `url`. */
const serving = async (program, file, url) => {
  const child = start(program, program, ["-v", "2", file]);
  await until(`${program} answers`, () => {
    if (child.exitCode !== null) throw new Error(`${program} ended: ${lastWords(program)}`);
    return fetch(url).then(() => true, () => false);
  }, 30);
  return child;
};

/** Starts Kannel on free ports. The message centre need not be there yet. */
export const startKannel = async (smsc, bring, name = "kannel") => {
  const folder = `${work}/${name}`;
  mkdirSync(`${folder}/spool`, { recursive: true });
  const ports = { admin: await freePort(), box: await freePort(), sendsms: await freePort() };
  const file = `${folder}/kannel.conf`;
  const kannel = { ports, folder, bearer: null, box: null };
  kannel.url = `http://127.0.0.1:${ports.sendsms}/cgi-bin/sendsms`;
  kannel.startBearer = async () => {
    kannel.bearer = await serving("bearerbox", file, `http://127.0.0.1:${ports.admin}/status.txt`);
  };
  kannel.startBox = async () => {
    kannel.box = await serving("smsbox", file, `http://127.0.0.1:${ports.sendsms}/`);
  };
  /** What bearerbox says of its connections. */
  kannel.status = async () => (await fetch(`http://127.0.0.1:${ports.admin}/status.txt?password=admin`)).text();
  kannel.isOnline = () => until("Kannel logs in", async () => /centre\S*\s.*\(online/.test(await kannel.status()), 30);
  /** smsbox ends first, because it hangs without a bearerbox. */
  kannel.stop = async () => {
    await stop(kannel.box);
    await stop(kannel.bearer);
  };
  writeFileSync(file, settings(ports, smsc, bring, folder), { mode: 0o600 });
  await kannel.startBearer();
  await kannel.startBox();
  return kannel;
};
