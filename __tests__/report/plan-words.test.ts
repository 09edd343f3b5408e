import {
  wordChange,
  wordConsumer,
  wordContent,
  wordPlan,
  wordRoute,
  wordSetting,
} from "../../src/report/plan-words.ts";
import { change, consumer, customAuth, route, summary } from "./runs.ts";

const stage = "`gate-stage` (`aws:apigateway/stage:Stage`)";

test.each([
  [change("create"), [], `${stage} would be created`],
  [change("update"), ["a", "b"], `${stage} would be updated: \`a\` and \`b\``],
  [change("replace"), ["a"], `${stage} would be replaced: \`a\``],
  [change("delete"), [], `${stage} would be deleted`],
  [
    change("delete", { leftover: true }),
    [],
    `what an earlier replacement of ${stage} left over would be deleted`,
  ],
])("a resource: %j %j", (one, paths, words) => {
  expect(wordChange(one, paths)).toBe(words);
});

test.each([
  [
    route("/a", {
      credentialHeader: "x-key",
      credentialPrefix: "Key ",
      credentialSecret: "/ai/key",
      headers: { "x-a": "1", "x-b": "1" },
      target: "https://a",
    }),
    "the route `GET, POST /a` leads to `https://a` (`openai`), asks for a credential, adds the upstream's credential from `/ai/key` in `x-key: Key`, sends the headers `x-a` and `x-b`, streams, and waits 900 seconds at most",
  ],
  [
    route("/a", {
      guarded: false,
      credential: false,
      stream: false,
      timeout: 29,
      target: "https://a",
    }),
    "the route `GET, POST /a` leads to `https://a` (`openai`), asks for no credential, adds no credential, does not stream, and waits 29 seconds at most",
  ],
  [
    route("/a", { methods: ["GET"], target: "https://a" }),
    "the route `GET /a` leads to `https://a` (`openai`), asks for a credential, adds the upstream's credential, streams, and waits 900 seconds at most",
  ],
])("a route: %#", (one, words) => {
  expect(wordRoute(one)).toBe(words);
});

test.each([
  [
    consumer("a", "/x", "/y"),
    "the consumer `a` may call `/x` and `/y`; it is known by a token",
  ],
  [
    {
      ...consumer("a", "/x"),
      tokenIds: ["1", "2"],
      expires: "2027-01-31",
      plan: "basic",
      disabled: true,
      identities: [{ issuer: "staff", conditions: [] }],
    },
    "the consumer `a` may call `/x` until `2027-01-31` with the plan `basic` once it is enabled; it is known by 2 tokens; JWTs of `staff`, whatever they say",
  ],
  [
    { ...consumer("a", "/x"), tokenIds: [] },
    "the consumer `a` may call `/x`; it is known by its tokens in the table",
  ],
])("a consumer: %#", (one, words) => {
  expect(wordConsumer(one)).toBe(words);
});

test("a plan", () => {
  expect(wordPlan({ name: "basic", rate: 1, burst: 2 })).toBe(
    "each consumer with the plan `basic` may send 1 requests a second, 2 at once",
  );
});

const issuer = {
  name: "staff",
  issuer: "https://staff.example",
  audiences: ["gate"],
  audienceClaim: "aud",
  algorithms: ["RS256"],
  keys: "discovery",
  clockSkew: 0,
  conditions: [],
} as const;

test.each<[() => string, string]>([
  [
    () => wordSetting.auth(summary()),
    "callers are known by `token`; an allowed result is cached 60 seconds; tokens are in the authorizer's settings",
  ],
  [
    () =>
      wordSetting.auth(
        summary({
          auth: {
            modes: [],
            cacheTtl: 0,
            store: "dynamodb",
            issuers: [
              issuer,
              {
                ...issuer,
                name: "b",
                maxLifetime: 60,
                conditions: [{ claim: "sub", anyOf: ["x"] }],
              },
            ],
          },
        }),
      ),
    "callers are known by nothing; an allowed result is cached 0 seconds; tokens are in the gate's table; JWTs of `staff` (`https://staff.example`) are for `gate`, signed with `RS256`; JWTs of `b` (`https://staff.example`) are for `gate`, signed with `RS256`, living 60 seconds at most, if in them `sub` is `x`",
  ],
  [
    () => wordSetting.origins(summary()),
    "pages of no origin may call the gate",
  ],
  [
    () => wordSetting.origins(summary({ origins: ["a"] })),
    "pages of `a` may call the gate",
  ],
  [() => wordSetting.stageName(summary()), "the stage of the gate is `v1`"],
  [
    () => wordSetting.throttle(summary({ throttle: { rate: 1, burst: 2 } })),
    "all callers together may send 1 requests a second, 2 at once",
  ],
  [
    () => wordSetting.proof(summary()),
    "the authorizer also lets through the proof's own credential",
  ],
  [
    () => wordSetting.proof(summary({ proof: false })),
    "the authorizer does not let through the proof's own credential",
  ],
  [
    () =>
      wordSetting.auth(
        summary({
          auth: {
            ...customAuth,
            custom: { directory: "./own", runtime: "r", handler: "h.h" },
          },
        }),
      ),
    "callers are known by `custom`; an allowed result is cached 60 seconds; tokens are in the authorizer's settings; your own authorizer is taken from `./own`, runs on `r` and is called at `h.h`",
  ],
  [
    () => wordSetting.tokenHeader(summary({ tokenHeader: "x" })),
    "callers send their credential in `x`",
  ],
  [() => wordSetting.version(summary()), "the gate is described in form 3"],
])("a setting: %#", (words, expected) => {
  // Called here, so that a mutation run sees which test it belongs to.
  expect(words()).toBe(expected);
});

test.each([
  [
    "gate",
    "the content of the gate's settings, its callers' digests among them",
  ],
  ["document", "the content of the API document"],
  ["authorizer", "the content of the authorizer's code"],
  ["own-authorizer", "the content of your own authorizer's code"],
  [
    "proof",
    "the content of what says whether the authorizer takes the proof's credential",
  ],
  ["constructor", "the content of `constructor`"],
])("what is deployed: %s", (name, words) => {
  expect(wordContent(name)).toBe(words);
});
