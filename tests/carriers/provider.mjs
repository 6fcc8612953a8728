// A provider that carries messages, written with the npm package `standardwebhooks`: it takes what the hub posts, posts
// what customers write and what became of messages, and delivers each message once, however often it is posted.

import { once } from "node:events";
import { createServer } from "node:http";
import { randomBytes } from "node:crypto";
import { Webhook } from "standardwebhooks";

export const newKey = () => `whsec_${randomBytes(32).toString("base64")}`;

/** What a post is signed with: an id, the moment, and the key. The last part of the header is the library's. */
export const signed = (key, body, { id = `post_${randomBytes(12).toString("hex")}`, at = new Date() } = {}) => ({
  "content-type": "application/json",
  "webhook-id": id,
  "webhook-timestamp": String(Math.floor(at.getTime() / 1000)),
  "webhook-signature": new Webhook(key).sign(id, at, body),
});

/** Starts one that believes whoever signs with `key`, and posts to `hub`. */
export const startProvider = async (key, hub) => {
  const provider = {
    key,
    /** All that was posted to it: headers, body, what is in it, and how it was taken. */
    posts: [],
    /** What it sent on to customers, by the id of the message. */
    delivered: new Map(),
    /** What it does with a message in place of taking it, if that gives something: see `server`. */
    manner: () => undefined,
  };

  const taken = (headers, body) => {
    const post = { at: Date.now(), headers, body, id: headers["webhook-id"] };
    provider.posts.push(post);
    try {
      post.said = new Webhook(provider.key).verify(body, headers);
    } catch (error) {
      post.why = error.message;
      return { status: 401, words: error.message };
    }
    if (post.said.type !== "message") return { status: 204 };
    const times = provider.posts.filter(({ id, said }) => id === post.id && said).length;
    const odd = provider.manner(post.said.data, times);
    if (odd && !odd.delivers) return odd;
    if (!provider.delivered.has(post.id)) provider.delivered.set(post.id, post.said.data);
    return odd ?? { status: 200, id: `ours-${post.id}` };
  };

  const server = createServer(async (asked, reply) => {
    const parts = [];
    for await (const part of asked) parts.push(part);
    const { status, silent, hangsUp, retryAfter, ...answer } = taken(asked.headers, Buffer.concat(parts).toString());
    if (silent) return;
    if (hangsUp) return void asked.socket.destroy();
    reply.writeHead(status, { "content-type": "application/json", ...(retryAfter ? { "retry-after": retryAfter } : {}) });
    reply.end(status === 204 ? undefined : JSON.stringify(answer));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  provider.url = `http://127.0.0.1:${server.address().port}/send`;
  provider.stop = () => {
    server.close();
    server.closeAllConnections();
  };

  /** Posts these headers and this body to the hub, and returns what it answers, or 0 if it is not there. */
  provider.deliver = async (headers, body) => {
    try {
      const answer = await fetch(hub, { method: "POST", headers, body });
      return { status: answer.status, body: await answer.text() };
    } catch (error) {
      return { status: 0, body: String(error.cause ?? error) };
    }
  };
  provider.post = (said, how = {}) => {
    const body = JSON.stringify(said);
    return provider.deliver(signed(how.key ?? provider.key, body, how), body);
  };
  /** The messages that it was posted, without repetitions and checks. */
  provider.messages = () => [...provider.delivered.values()];
  return provider;
};
