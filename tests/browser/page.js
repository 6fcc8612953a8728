// What the page does: it calls the hub by gRPC-Web, as a page of an agent would, and says to the server it came from
// what it found. The same page runs on three origins: one that the org allows, one that only another org allows, and
// one that nobody allows. Made into one file by setup.sh.

import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createGrpcWebTransport } from "@connectrpc/connect-web";
import { MessagingChannel, CustomerNumberProvider } from "./made/hera/common_pb.js";
import { GrpcWebService } from "./made/hera/web_pb.js";
import { Operator } from "./made/switchboard/v1/operator_pb.js";

const home = async (path, body) => {
  const reply = await fetch(path, { method: "POST", body });
  if (!reply.ok) throw new Error(`${path}: ${await reply.text()}`);
  return reply.text();
};
const { hub, role, key } = JSON.parse(await home("/config"));
/** A new token of an org; those of this hub last a few seconds only. */
const token = async (org) => ({ "auth-token": await home("/token", org) });

const carry = (headers) => (next) => (request) => {
  for (const [name, value] of Object.entries(headers)) request.header.set(name, value);
  return next(request);
};
const transport = (headers) => createGrpcWebTransport({ baseUrl: hub, interceptors: [carry(headers)] });
const hera = (headers) => createClient(GrpcWebService, transport(headers));

const jane = {
  case: "customerNumber",
  value: { provider: CustomerNumberProvider.TELCO, number: "+254711000001" },
};
const state = (headers, orgId = "acme") => hera(headers).getCustomerState({ orgId, customer: jane });

const check = async (what, holds, detail = "") => {
  if (!holds) throw new Error(`${what}: ${detail}`);
  await home("/checked", what);
};

/** Waits for something that must come, or else the page fails. */
const soon = (what, promise) =>
  Promise.race([
    promise,
    new Promise((_, no) => setTimeout(() => no(new Error(`${what} did not come within 20 s`)), 20_000)),
  ]);

/** The call must be refused with this code and these words. */
const refused = async (what, call, code, words) => {
  let error;
  try {
    await call;
  } catch (caught) {
    error = ConnectError.from(caught);
  }
  const holds = error !== undefined && error.code === code && error.rawMessage.includes(words);
  await check(what, holds, error === undefined ? "it was let in" : `${Code[error.code]}: ${error.rawMessage}`);
};

/** Reads the stream in the background, so that whatever comes can be waited for. */
const follow = (stream) => {
  const heard = [];
  let end;
  let wake = () => {};
  (async () => {
    try {
      for await (const request of stream) {
        heard.push(request.entry);
        wake();
      }
      end = "it ended without a status";
    } catch (caught) {
      end = ConnectError.from(caught);
    }
    wake();
  })();
  const until = async (found) => {
    for (;;) {
      const hit = found();
      if (hit !== undefined) return hit;
      await new Promise((yes) => (wake = yes));
    }
  };
  return {
    next: (what, holds) =>
      soon(what, until(() => (end ? Promise.reject(new Error(`${what}: ${end}`)) : heard.find(holds)))),
    end: () => soon("the end of the stream", until(() => end)),
  };
};

const works = async () => {
  const met = await state(await token("acme"));
  await check("a customer's state is read", met.status && met.data.customerId !== "", met.description);
  const caller = await createClient(Operator, transport(await token("acme"))).hello({ orgId: "acme" });
  await check("what is ours beside the contract is served too", caller.caller === "browser test", caller.caller);

  const stream = follow(hera(await token("acme")).streamNotifications({ orgId: "acme", appId: "desk" }));
  const sent = await hera(await token("acme")).sendMessage({
    orgId: "acme",
    appId: "desk",
    channelNumber: { channel: MessagingChannel.SMS, number: "40404" },
    customerNumber: jane.value,
    body: { entry: { case: "text", value: { text: "Karibu – ₦ 😀" } } },
  });
  await check("a message is sent", sent.messageId !== "", sent.description);
  const status = await stream.next("the status of the message", (entry) => entry.case === "messageStatus");
  await check("its status is heard", status.value.messageId === sent.messageId, status.value.messageId);

  const words = `Habari – ₦ 😀 ${Math.random()}`;
  await home("/receive", words);
  const received = await stream.next("the customer's message", (entry) => entry.case === "receivedMessage");
  await check("what the customer writes is heard", received.value.text === words, received.value.text);
  await check("and from whom", received.value.customerId === met.data.customerId, received.value.customerId);

  const noKey = "an API key is not accepted from a page";
  await refused("an API key is refused", state({ "api-key": key }), Code.PermissionDenied, noKey);
  await refused("a key beside a token too", state({ "api-key": key, ...(await token("acme")) }), Code.PermissionDenied, noKey);
  await refused("no credential is refused", state({}), Code.Unauthenticated, "an auth-token is needed");
  const garbage = state({ "auth-token": "garbage" });
  await refused("a token that is none is refused", garbage, Code.Unauthenticated, "this token is not valid");
  await refused("another org is refused", state(await token("acme"), "globex"), Code.PermissionDenied, "not for that org");

  // A token is refused as soon as it has ended, and not before.
  const old = await token("acme");
  let lasted = 0;
  const ended = async () => {
    for (;;) {
      try {
        await state(old);
        lasted += 1;
      } catch (caught) {
        return ConnectError.from(caught);
      }
    }
  };
  const end = await soon("the end of a token", ended());
  const holds = lasted > 0 && end.code === Code.Unauthenticated && end.rawMessage === "this token is not valid";
  await check("a token that has ended is refused", holds, `${lasted} calls, then ${end}`);

  // The pages of the other two origins run in frames, and say themselves what they found.
  const frames = JSON.parse(await home("/frames"));
  for (const src of frames) document.body.append(Object.assign(document.createElement("iframe"), { src }));
  await soon("what the foreign pages found", home("/frames-are-done"));

  await home("/stop");
  const stopped = await stream.end();
  await check("the end of the hub is heard", stopped.code === Code.Unavailable, String(stopped));
};

/** A page of an origin that another org allows. */
const elsewhere = async () => {
  const own = await state(await token("globex"), "globex");
  await check("the other org's page reads its own org", own.status, own.description);
  const theirs = state(await token("acme"));
  await refused("it may not with our token", theirs, Code.PermissionDenied, "does not allow this page");
};

/** A page of an origin that nobody allows: the browser itself keeps the answer from it. */
const nowhere = async () => {
  const call = state(await token("acme"));
  await refused("a foreign page gets nothing", call, Code.Unknown, "Failed to fetch");
};

try {
  await { works, elsewhere, nowhere }[role]();
  await home("/done");
} catch (error) {
  await home("/failed", `${role}: ${error}\n${error.stack}`);
}
