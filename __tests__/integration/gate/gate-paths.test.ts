// Where a call ends up: what an upstream is asked for, how its answer comes back, and which ways of writing a path a consumer
// cannot use to get out of what it was given.
import { once } from "node:events";
import type { ClientRequest, IncomingMessage, ServerResponse } from "node:http";
import { buffer } from "node:stream/consumers";
import { largestPayload } from "../../../local/apigateway/data/upstream.ts";
import {
  bearer,
  consumer,
  denied,
  errorOf,
  expectError,
  gateFor,
  messageOf,
  noRoute,
  outcome,
  services,
  source,
  unauthorized,
  valuesOf,
  type Caller,
} from "../../fixtures/gates.ts";
import { startGate, stopAll } from "../../fixtures/local-gate.ts";
import { arrived, playedReadings } from "../../fixtures/readings.ts";

afterAll(stopAll);

/** Where empty segments do not count, such a path is a route's, and closed by the way it is written. */
const emptySegment =
  playedReadings.emptySegments === "merged" ? denied : noRoute;

describe("what the upstream is asked for", () => {
  const gate = gateFor(`
upstreams:
  root: { url: https://root.example.com }
  base: { url: https://base.example.com/v1 }
  scorer: { url: "https://scores.example.com:8443/models/{id}" }
  tenants: { url: "https://tenants.example.com/t/{tenant}/api" }
  middle: { url: "https://middle.example.com/{rest}/end" }
  exact: { url: https://exact.example.com/some/where }
  slash: { url: https://slash.example.com/score/ }
routes:
  - { path: "/root/{proxy+}", methods: [ANY], upstream: root }
  - { path: "/base/{proxy+}", methods: [ANY], upstream: base, stream: false }
  - { path: "/score/{id}", methods: [ANY], upstream: scorer }
  - { path: "/{tenant}/chat/{proxy+}", methods: [POST], upstream: tenants }
  - { path: "/middle/{rest+}", methods: [GET], upstream: middle }
  - { path: /exact, methods: [GET, POST], upstream: exact }
  - { path: /base/own, methods: [GET], upstream: exact }
  - { path: /slash/, methods: [GET], upstream: slash }
  - { path: "/below/{proxy+}/", methods: [GET], upstream: slash }
consumers:
${consumer("admin")}`);

  test.each([
    ["GET", "/root/a", "root.example.com", "/a"],
    ["GET", "/root/a/b/c", "root.example.com", "/a/b/c"],
    ["GET", "/base/models", "base.example.com", "/v1/models"],
    ["GET", "/base/own", "exact.example.com", "/some/where"],
    ["POST", "/base/own", "base.example.com", "/v1/own"],
    ["GET", "/base/own/x", "base.example.com", "/v1/own/x"],
    ["GET", "/base/a?x=1", "base.example.com", "/v1/a?x=1"],
    [
      "GET",
      "/base/a?x=1&x=2&y=a%20b+c&z=%3D&empty=&bare",
      "base.example.com",
      "/v1/a?x=1&x=2&y=a%20b+c&z=%3D&empty=&bare",
    ],
    // API Gateway's doing.
    ["GET", "/base/a?z=%2F;y", "base.example.com", "/v1/a?z=/&y"],
    ["GET", "/base/a?next=/../b", "base.example.com", "/v1/a?next=/../b"],
    ["GET", "/base/a%2Fb%20c", "base.example.com", "/v1/a%2Fb%20c"],
    ["GET", "/base/v1.5:run;x=1", "base.example.com", "/v1/v1.5:run;x=1"],
    ["GET", "/score/7", "scores.example.com:8443", "/models/7"],
    ["GET", "/score/a%20b?q=1", "scores.example.com:8443", "/models/a%20b?q=1"],
    [
      "POST",
      "/acme/chat/x/y?q=1",
      "tenants.example.com",
      "/t/acme/api/x/y?q=1",
    ],
    ["GET", "/middle/a/b", "middle.example.com", "/a/b/end"],
    ["GET", "/exact?q=1", "exact.example.com", "/some/where?q=1"],
    // A slash at a call's end does not count; one at the end of an upstream's URL is sent.
    ["GET", "/exact/?q=1", "exact.example.com", "/some/where?q=1"],
    ["GET", "/score/7/", "scores.example.com:8443", "/models/7"],
    ["GET", "/base/own/", "exact.example.com", "/some/where"],
    ["GET", "/base/models/", "base.example.com", "/v1/models"],
    ["GET", "/slash", "slash.example.com", "/score/"],
    ["GET", "/slash/", "slash.example.com", "/score/"],
    ["GET", "/below/a", "slash.example.com", "/score/a"],
    ["GET", "/below/a/", "slash.example.com", "/score/a"],
  ])("%s %s is https://%s%s", async (method, path, host, url) => {
    const answer = await gate.it.ask(method, path, bearer("admin"));
    expect(outcome(answer)).toBe("200");
    expect(gate.it.seen).toMatchObject([{ method, url: arrived(url) }]);
    expect(gate.it.seen.map((seen) => valuesOf(seen, "host"))).toEqual([
      [host],
    ]);
  });

  test.each([
    "/root",
    "/root/",
    "/below/",
    "/base",
    "/score",
    "/score/7/8",
    "/chat/x",
    "/exact/x",
    "/ROOT/a",
    "/r%6fot/a",
    "/",
  ])("GET %s leads nowhere", async (path) => {
    expect(outcome(await gate.it.ask("GET", path, bearer("admin")))).toBe(
      noRoute,
    );
    expect(gate.it.seen).toEqual([]);
  });

  test("a second slash at the end leads nowhere", async () => {
    const answer = await gate.it.ask("GET", "/exact//", bearer("admin"));
    expect(outcome(answer)).toBe(emptySegment);
    expect(gate.it.seen).toEqual([]);
  });

  test.each(["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"])(
    "%s with its body and headers",
    async (method) => {
      const withBody = ["POST", "PUT", "PATCH"].includes(method);
      for (const path of ["/root/a", "/base/a"]) {
        const answer = await gate.it.ask(method, path, {
          headers: {
            ...bearer("admin").headers,
            "content-type": "application/json",
            "x-own": "1",
            accept: "text/event-stream",
          },
          ...(withBody && { body: '{"messages":[]}' }),
        });
        expect(answer).toMatchObject({
          status: 200,
          body: method === "HEAD" ? "" : '{"ok":true}',
        });
        expect(gate.it.seen.at(-1)).toMatchObject({
          method,
          body: withBody ? '{"messages":[]}' : "",
          headers: {
            "content-type": "application/json",
            "x-own": "1",
            accept: "text/event-stream",
          },
        });
      }
    },
  );
});

describe.each(["refused", "passed"] as const)(
  "a URL that is none, read as %s",
  (malformedUrls) => {
    const gate = gateFor(services(), { readings: { malformedUrls } });

    test.each(["/openai/100%", "/openai/%zz/x", "/openai/%"])(
      "%s reaches nobody",
      async (path) => {
        const answer = await gate.it.ask("GET", path, bearer("team-a"));
        if (malformedUrls === "refused")
          // Not the gate's own answer: the call has found no API yet.
          expect(outcome(answer)).toBe("400");
        else {
          expect(outcome(answer)).toBe(denied);
          expect(messageOf(answer)).toContain("percent");
        }
        expect(gate.it.seen).toEqual([]);
      },
    );
  },
);

describe("a restricted consumer", () => {
  const gate = gateFor(services());

  const attacks = [
    "/openai/../score/1",
    "/openai/../../score/1",
    "/openai/a/../../score/1",
    "/openai/..",
    "/openai/a/..",
    "/openai/../",
    "/openai/..;/score/1",
    "/openai/..;a=b/score/1",
    "/openai/%2e%2e/score/1",
    "/openai/%2E%2E/score/1",
    "/openai/%2e%2E/score/1",
    "/openai/.%2e/score/1",
    "/openai/%2e./score/1",
    "/openai/%2e%2e%2fscore/1",
    "/openai/%252e%252e/score/1",
    "/openai/a%2f..%2fscore/1",
    "/openai/a%2F..%2Fscore/1",
    "/openai/..%2fscore/1",
    "/openai/..%2Fscore/1",
    "/openai/..%5cscore/1",
    "/openai/a%5c..%5cscore/1",
    "/openai/a%5C..%5Cscore/1",
    "/openai/..\\score/1",
    "/openai/a\\..\\score/1",
    "/openai//../score/1",
    "/openai/./../score/1",
    "/openai/a/./b",
    "/openai//a",
    "/openai/a//",
    "/openai/%6Dodels",
    "/openai/a%00",
    "/openai/..?x=1",
  ];

  test.each(attacks)("cannot climb out of its prefix by %s", async (path) => {
    for (const caller of ["team-a", "admin"] as const)
      expect(outcome(await gate.it.ask("GET", path, bearer(caller)))).toBe(
        denied,
      );
    expect(outcome(await gate.it.ask("GET", path))).toBe(unauthorized);
    expect(gate.it.seen).toEqual([]);
  });

  test.each<[Caller, string]>([
    ["team-b", "/score/.."],
    ["team-b", "/score/%2e%2e"],
    ["team-b", "/score/..%2fstatus"],
    ["team-b", "/score/a%2f..%2f..%2fstatus"],
    ["scores", "/score/..%5cstatus"],
    ["scores", "/score/.%2E"],
  ])("%s: cannot climb out of a parameter by %s", async (caller, path) => {
    expect(outcome(await gate.it.ask("GET", path, bearer(caller)))).toBe(
      denied,
    );
    expect(gate.it.seen).toEqual([]);
  });

  test.each<[Caller, string, string]>([
    ["team-a", "/score/1", denied],
    ["team-a", "/score/1/", denied],
    ["team-a", "//score/1", denied],
    ["team-a", "///score/1/", denied],
    ["team-a", "/score//1", emptySegment],
    ["team-a", "/score/1//", emptySegment],
    ["team-a", "/status", denied],
    ["team-a", "/status/", denied],
    ["team-a", "//status", denied],
    ["team-a", "//status//", emptySegment],
    ["team-a", "/status%2f", noRoute],
    ["team-a", "/%73tatus", noRoute],
    ["team-a", "/status;x=/openai/", noRoute],
    ["team-a", "/status?/openai/x", denied],
    ["team-a", "//claude/v1/openai/x", denied],
    ["team-a", "/claude/v1/x/openai/x", denied],
    ["team-a", "/claude/v1//openai/x", denied],
    ["team-b", "//openai/models", denied],
    ["team-b", "/openai//claude/v1/x", denied],
    ["team-b", "/openai/claude/v1/x/", denied],
    ["scores", "//openai/status", denied],
    // Written otherwise than it was given, a path is closed to its own consumer too.
    ["team-a", "//openai/models", denied],
    ["scores", "//status", denied],
  ])(
    "%s: extra slashes do not open %s (%s)",
    async (caller, path, expected) => {
      expect(outcome(await gate.it.ask("GET", path, bearer(caller)))).toBe(
        expected,
      );
      expect(gate.it.seen).toEqual([]);
    },
  );

  test.each([
    ["/openai/a..b", "/v1/a..b"],
    ["/openai/.well-known/x", "/v1/.well-known/x"],
    ["/openai/...", "/v1/..."],
    ["/openai/a/...b/", "/v1/a/...b"],
    ["/openai/a.", "/v1/a."],
    ["/openai/v1.5/a", "/v1/v1.5/a"],
    ["/openai/a?x=../b", "/v1/a?x=../b"],
    ["/openai/*", "/v1/*"],
  ])("keeps its own %s", async (path, url) => {
    expect(outcome(await gate.it.ask("GET", path, bearer("team-a")))).toBe(
      "200",
    );
    expect(gate.it.seen).toMatchObject([{ url }]);
  });

  // What AI clients really send below a greedy route arrives byte for byte.
  test.each([
    "/models/meta-llama%2FLlama-3.1-8B",
    "/models/ft:gpt-4o-mini:acme::abc123",
    "/models/anthropic.claude-3%3A0",
    "/deployments/100%25/x",
    "/@cf/meta/llama-3.1",
    "/models/a+b%20c,d;e=f",
    "/models/%E6%A8%A1%E5%9E%8B",
    "/v1beta/models/gemini-pro:generateContent",
    "/files/%28a%29~b_c-d.e!",
  ])("%s passes untouched", async (path) => {
    expect(
      outcome(await gate.it.ask("POST", `/openai${path}`, bearer("team-a"))),
    ).toBe("200");
    expect(gate.it.seen).toMatchObject([{ url: arrived(`/v1${path}`) }]);
  });

  // The body is the caller's to read by machine: whatever was asked, it is JSON of our own words.
  test.each([
    '/openai/"},{"x":"',
    "/openai/$context.authorizer.credential/..",
    "/openai/%22%0d%0aX-Injected:1/..",
    "/openai/<script>alert(1)</script>/..",
    "/openai/%24%7Bcontext.identity.sourceIp%7D//",
    '/status?"$context.path"',
  ])("a refusal of %s is JSON, and quotes nothing of it", async (path) => {
    const hostile = {
      headers: { ...bearer("team-a").headers, "X-Evil": '"}$context.apiId' },
    };
    for (const sent of [hostile, {}]) {
      const answer = await gate.it.ask("GET", path, sent);
      if (answer.status === 200) continue;
      expect([403, 401]).toContain(answer.status);
      expectError(
        answer,
        answer.status === 403 ? "ACCESS_DENIED" : "UNAUTHORIZED",
      );
      expect(answer.body).not.toMatch(
        /script|Injected|\$|canary|0123456789|sourceIp|"x"/,
      );
      expect(answer.headers).not.toHaveProperty("x-injected");
    }
  });

  test.each([
    ["/openai/a/../b", "dot segment"],
    ["/openai/a//b", "empty segment"],
    ["/openai/a\\b", "backslash"],
    ["/openai/%6Dodels", "letter"],
    ["/openai/#a", "number sign"],
    ["/score/a%2Fb", "{id}"],
    ["/status", "/status is not in the list"],
  ])("the body of a refused %s says why", async (path, reason) => {
    const as = path.startsWith("/score") ? "team-b" : "team-a";
    const answer = await gate.it.ask("GET", path, bearer(as));
    expect(outcome(answer)).toBe(denied);
    expect(messageOf(answer)).toContain(
      "This credential may not make this call.",
    );
    expect(messageOf(answer)).toContain(reason);
  });

  test("a path with a pattern in it is not one, cached or not", async () => {
    for (const path of ["/*", "/claude/v1/*", "/score/*", "/openai/*/../*"])
      expect([
        "403 ACCESS_DENIED",
        "404 MISSING_AUTHENTICATION_TOKEN",
      ]).toContain(outcome(await gate.it.ask("GET", path, bearer("team-a"))));
    expect(outcome(await gate.it.ask("GET", "/status", bearer("team-a")))).toBe(
      denied,
    );
    expect(gate.it.seen).toEqual([]);
  });
});

describe("a slash at the end", () => {
  const gate = gateFor(`
upstreams: { a: { url: "https://a.example.com/v1/" }, b: { url: "https://b.example.com/b/" } }
routes:
  - { path: "/openai/{proxy+}", methods: [GET], upstream: a }
  - { path: /score/, methods: [GET], upstream: b }
consumers:
${consumer("team-a", "[/score/]")}
${consumer("team-b", '["/openai/v1/models/"]')}
${consumer("scores", '["/openai/v1/**"]')}`);

  test.each<[Caller, string, string]>([
    ["team-a", "/score", "200"],
    ["team-a", "/score/", "200"],
    ["team-a", "/openai/v1/models/", denied],
    ["team-b", "/openai/v1/models", "200"],
    ["team-b", "/openai/v1/models/", "200"],
    ["team-b", "/openai/v1/", denied],
    ["team-b", "/openai/v1/models/x/", denied],
    ["team-b", "/score/", denied],
    ["scores", "/openai/v1/", "200"],
    ["scores", "/openai/v1/a/", "200"],
    ["scores", "/openai/v2/", denied],
    ["scores", "/openai/v1a/", denied],
    ["scores", "/openai/v1//", denied],
  ])("%s: %s is %s, as without it", async (caller, path, expected) => {
    expect(outcome(await gate.it.ask("GET", path, bearer(caller)))).toBe(
      expected,
    );
    expect(outcome(await gate.it.ask("GET", path))).toBe(unauthorized);
    expect(gate.it.seen).toHaveLength(expected === "200" ? 1 : 0);
  });

  test("with nothing before it is no route, and the answer says so", async () => {
    const answer = await gate.it.ask("GET", "/openai/", bearer("scores"));
    expect(outcome(answer)).toBe(noRoute);
    // The one reading in which the gate has no answer for just this.
    expect(messageOf(answer)).toContain(
      playedReadings.unknownPath === "default-4xx"
        ? "it has no such route: look at the path"
        : "a missing part or a slash at the end of the path",
    );
  });
});

describe("a closer route that others may call", () => {
  const gate = gateFor(`
upstreams: { a: { url: "https://a.example.com/v1" }, b: { url: "https://b.example.com/v1" } }
routes:
  - { path: "/g/{proxy+}", methods: [GET, POST], upstream: a }
  - { path: "/g/pro:generate", methods: [POST], upstream: b }
  - { path: "/g/fine-tuning/jobs", methods: [GET, POST], upstream: b }
consumers:
${consumer("team-a", '["/g/{proxy+}"]')}
${consumer("team-b", '["/g/model/claude:0/**"]')}
${consumer("admin")}`);

  test.each([
    ["/g/pro:generate", "is not in the list"],
    ["/g/pro%3Agenerate", "is one of the route /g/pro:generate"],
    ["/g/fine-tuning/jobs", "is not in the list"],
    ["/g/fine%2Dtuning/jobs", "percent-encoded"],
    ["/g/fine-tuning%2Fjobs", "is one of the route /g/fine-tuning/jobs"],
    ["/g/fine-tuning%2fjobs/", "is one of the route /g/fine-tuning/jobs"],
  ])("is not reached by way of the greedy one: %s", async (path, reason) => {
    const answer = await gate.it.ask("POST", path, bearer("team-a"));
    expect(outcome(answer)).toBe(denied);
    expect(messageOf(answer)).toContain(reason);
    expect(gate.it.seen).toEqual([]);
  });

  test.each(["/g/model/claude:0/invoke", "/g/model/claude%3A0/invoke"])(
    "a model of one's own is reached however its colon is written: %s",
    async (path) => {
      expect(outcome(await gate.it.ask("POST", path, bearer("team-b")))).toBe(
        "200",
      );
      expect(gate.it.seen).toMatchObject([
        { url: arrived(path.replace("/g/", "/v1/")) },
      ]);
    },
  );
});

describe("the upstream's answer", () => {
  const config = `
upstreams: { a: { url: https://a.example.com } }
routes:
  - { path: "/stream/{proxy+}", methods: [GET, POST], upstream: a, timeout: 60 }
  - { path: "/buffered/{proxy+}", methods: [GET, POST], upstream: a, stream: false }
consumers:
${consumer("admin")}`;
  /** The upstream's answers, to be written by the test. */
  const responses: ServerResponse[] = [];
  let arrived: (() => void) | undefined;
  const gate = gateFor(config, {
    answer: (_request, response) => {
      responses.push(response);
      arrived?.();
    },
  });

  /** Asks and waits until the upstream was asked. */
  async function begin(
    path: string,
  ): Promise<{ call: ClientRequest; upstream: ServerResponse }> {
    const reached = new Promise<void>((resolve) => (arrived = resolve));
    const call = gate.it.open("GET", path, bearer("admin").headers);
    call.on("error", () => undefined).end();
    await reached;
    return { call, upstream: responses.pop()! };
  }
  const answerOf = async (call: ClientRequest) =>
    ((await once(call, "response")) as [IncomingMessage])[0];

  test("streams piece by piece, before it is complete", async () => {
    const { call, upstream } = await begin("/stream/x");
    upstream.writeHead(200, { "content-type": "text/event-stream" });
    upstream.write("data: 1\n\n");
    const answer = await answerOf(call);
    expect(answer.headers).toMatchObject({
      "content-type": "text/event-stream",
      "transfer-encoding": "chunked",
    });
    const pieces = answer.setEncoding("utf8")[Symbol.asyncIterator]();
    const next = async () => (await pieces.next()).value as unknown;
    expect(await next()).toBe("data: 1\n\n");
    upstream.write("data: 2\n\n");
    expect(await next()).toBe("data: 2\n\n");
    upstream.end("data: [DONE]\n\n");
    expect(await next()).toBe("data: [DONE]\n\n");
    expect(await next()).toBeUndefined();
    expect(answer.complete).toBe(true);
  });

  test("is collected first where it is not to stream", async () => {
    const { call, upstream } = await begin("/buffered/x");
    upstream.writeHead(201, {
      "content-type": "application/json",
      "x-own": "1",
      server: "s",
    });
    upstream.write("[1");
    upstream.end(",2]");
    const answer = await answerOf(call);
    expect(answer.statusCode).toBe(201);
    expect(answer.headers).toMatchObject({
      "content-length": "5",
      "content-type": "application/json",
      "x-own": "1",
      "x-amzn-remapped-server": "s",
    });
    expect(String(await buffer(answer))).toBe("[1,2]");
  });

  test("may be over 10 MB only where it streams", async () => {
    const large = Buffer.alloc(largestPayload + 1, "x");
    const streamed = await begin("/stream/x");
    streamed.upstream.end(large);
    expect(await buffer(await answerOf(streamed.call))).toHaveLength(
      large.length,
    );
    const collected = await begin("/buffered/x");
    collected.upstream.on("error", () => undefined).end(large);
    const answer = await answerOf(collected.call);
    expect(answer.statusCode).toBe(500);
    expect(errorOf(answer)).toBe("API_CONFIGURATION_ERROR");
    answer.resume();
  });

  test("that breaks off is broken off, or an error where nothing was sent yet", async () => {
    const streamed = await begin("/stream/x");
    streamed.upstream.write("part");
    const answer = await answerOf(streamed.call);
    streamed.upstream.destroy();
    await expect(buffer(answer)).rejects.toThrow("aborted");
    const collected = await begin("/buffered/x");
    collected.upstream.write("part");
    collected.upstream.destroy();
    const refused = await answerOf(collected.call);
    expect(refused.statusCode).toBe(504);
    expect(errorOf(refused)).toBe("INTEGRATION_FAILURE");
    refused.resume();
  });

  test("that takes too long in the middle of a stream is cut off", async () => {
    const slow = await startGate(
      source(config.replace("timeout: 60", "timeout: 1")),
      { answer: (_request, response) => void response.write("part") },
    );
    const call = slow.open("GET", "/stream/x", bearer("admin").headers);
    call.end();
    await expect(buffer(await answerOf(call))).rejects.toThrow("aborted");
  });

  test("is not waited for when the caller is gone", async () => {
    for (const path of ["/stream/x", "/buffered/x"]) {
      const { call, upstream } = await begin(path);
      const closed = once(upstream, "close");
      call.destroy();
      await closed;
      expect(upstream.writableEnded).toBe(false);
    }
  });
});
