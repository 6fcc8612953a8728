// A message centre that speaks SMPP 3.4, written with the npm package `smpp`: node smsc.mjs [PORT]
//
// It says what happens on standard output, one JSON object a line, and is told on standard input in the same way:
//   {"manner": {"throttlesEvery": 5}}                              behaves so from now on, see below
//   {"bring": {"from": "+254711000001", "to": "40404", "text": "Habari"}}   a customer writes
//   {"last": 15}                                                   it called the last message so, and counts on
//   {"hangUp": true}                                               ends every session
// What was not acknowledged is brought again in the next session. It ends when its input ends.

import { createInterface } from "node:readline";
import smpp from "smpp";

const manner = {
  /** It has too much to do for every so manieth text. */
  throttlesEvery: 0,
  /** It calls messages by hexadecimal digits, and reports on them in decimal ones. */
  changesDigits: false,
  /** Reports say in a TLV, and not only in their text, which message they are about. */
  namesInTlv: true,
  /** How long it takes until a text is reported on. */
  reportsAfterMs: 20,
  /** It keeps its answers, or its reports, to itself until this is false again. */
  holdsAnswers: false,
  holdsReports: false,
  /** What its reports say. */
  state: "DELIVRD",
  /** Whatever goes to this number is not delivered. */
  failsTo: "",
  /** It refuses every text with this status, such as 11 for an unknown number. */
  refuses: 0,
  /** The only login that it takes. */
  systemId: "desk",
  password: "secret",
};
const STATES = { ENROUTE: 1, DELIVRD: 2, EXPIRED: 3, DELETED: 4, UNDELIV: 5, ACCEPTD: 6, UNKNOWN: 7, REJECTD: 8 };
const GSM = 0;
const UCS2 = 8;

const say = (event, more = {}) => console.log(JSON.stringify({ event, at: Date.now(), ...more }));

let bound = null;
let submits = 0;
let last = 0xa0000;
const waiting = [];
const underWay = new Set();
const answers = [];
const reports = [];

/** Says what was held, if it need not be any more. */
const release = () => {
  while (!manner.holdsAnswers && answers.length > 0) answers.shift()();
  while (!manner.holdsReports && reports.length > 0) reports.shift()();
};

/** Brings what waits, if somebody is there. */
const bring = () => {
  while (bound && waiting.length > 0) {
    const item = waiting.shift();
    underWay.add(item);
    bound.deliver_sm({ ...item.fields }, (answer) => {
      underWay.delete(item);
      say(item.what, { ...item.about, status: answer.command_status });
    });
  }
};

const later = (what, about, fields) => {
  waiting.push({ what, about, fields });
  bring();
};

const message = ({ from, to, text }) => {
  const isGsm = smpp.encodings.ASCII.match(text);
  const isLong = text.length > (isGsm ? 160 : 70);
  later("brought", { from, to, text }, {
    source_addr_ton: from.startsWith("+") ? 1 : 0,
    source_addr_npi: 1,
    source_addr: from.replace(/^\+/, ""),
    destination_addr: to,
    data_coding: isGsm ? GSM : UCS2,
    short_message: isLong ? "" : { message: text },
    ...(isLong ? { message_payload: { message: text } } : {}),
  });
};

const report = (id, pdu) => {
  const state = manner.failsTo === pdu.destination_addr ? "UNDELIV" : manner.state;
  const ok = state === "DELIVRD" ? "001" : "000";
  const words = `id:${id} sub:001 dlvrd:${ok} submit date:2611291200 done date:2611291201 stat:${state} err:000 text:`;
  const named = { receipted_message_id: String(id), message_state: STATES[state] };
  later("reported", { id, to: pdu.destination_addr, state }, {
    source_addr_ton: pdu.dest_addr_ton,
    source_addr_npi: pdu.dest_addr_npi,
    source_addr: pdu.destination_addr,
    dest_addr_ton: pdu.source_addr_ton,
    destination_addr: pdu.source_addr,
    esm_class: 4,
    data_coding: GSM,
    short_message: { message: words },
    ...(manner.namesInTlv ? named : {}),
  });
};

const submitted = (session, pdu) => {
  submits += 1;
  const isPayload = pdu.message_payload !== undefined;
  const said = isPayload ? pdu.message_payload : pdu.short_message;
  const seen = {
    to: pdu.destination_addr, from: pdu.source_addr, text: said.message, coding: pdu.data_coding, isPayload,
    parts: said.udh !== undefined, asksForReport: (pdu.registered_delivery & 1) === 1,
  };
  if (manner.throttlesEvery > 0 && submits % manner.throttlesEvery === 0) {
    say("throttled", seen);
    session.send(pdu.response({ command_status: smpp.ESME_RTHROTTLED }));
    return;
  }
  if (manner.refuses > 0) {
    say("refused", seen);
    session.send(pdu.response({ command_status: manner.refuses }));
    return;
  }
  last += 1;
  const id = last;
  const name = manner.changesDigits ? id.toString(16).toUpperCase() : String(id);
  say("submit", { ...seen, id: name });
  answers.push(() => {
    session.send(pdu.response({ message_id: name }));
    if (!seen.asksForReport) return;
    setTimeout(() => {
      reports.push(() => report(id, pdu));
      release();
    }, manner.reportsAfterMs);
  });
  release();
};

const ended = (session) => {
  if (bound !== session) return;
  bound = null;
  waiting.unshift(...underWay);
  underWay.clear();
  say("ended");
};

const server = smpp.createServer((session) => {
  let isBound = false;
  const login = (pdu) => {
    isBound = pdu.system_id === manner.systemId && pdu.password === manner.password;
    say("login", { systemId: pdu.system_id, taken: isBound });
    session.send(pdu.response(isBound ? { system_id: "smsc" } : { command_status: smpp.ESME_RBINDFAIL }));
    if (!isBound) return;
    bound = session;
    setImmediate(bring);
  };
  session.on("bind_transceiver", login);
  session.on("submit_sm", (pdu) => {
    if (isBound) submitted(session, pdu);
    else session.send(pdu.response({ command_status: smpp.ESME_RINVBNDSTS }));
  });
  session.on("enquire_link", (pdu) => session.send(pdu.response()));
  session.on("unbind", (pdu) => {
    say("logout");
    session.send(pdu.response());
    session.close();
  });
  session.on("close", () => ended(session));
  session.on("error", (error) => say("error", { why: error.message }));
});
server.on("error", (error) => {
  say("error", { why: error.message });
  process.exit(1);
});
server.listen(Number(process.argv[2] ?? 0), "127.0.0.1", () => say("listening", { port: server.address().port }));

const told = createInterface({ input: process.stdin });
told.on("line", (line) => {
  const order = JSON.parse(line);
  if (order.manner) Object.assign(manner, order.manner);
  if (order.last) last = order.last;
  release();
  if (order.bring) message(order.bring);
  if (order.hangUp) for (const session of [...server.sessions]) session.destroy();
  say("done", order);
});
told.on("close", () => process.exit(0));
