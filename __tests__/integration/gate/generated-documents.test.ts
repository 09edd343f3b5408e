// The OpenAPI documents of generated configs: valid by the specification's own schema, the same whatever the order in which the
// user writes what has no order, and within what an import takes. What generated configs mean is gate-property.test's subject.
import { Validator } from "@seriousme/openapi-schema-validator";
import { parseGate } from "../../../src/config/parse-gate.ts";
import { type Gate, httpMethods } from "../../../src/gate/gate.ts";
import { buildSettings } from "../../../src/gate/authorizer-settings.ts";
import { buildDocument } from "../../../src/gate/openapi/openapi.ts";
import { sortedJson } from "../../../src/gate/sorted-json.ts";
import { fc } from "../../fixtures/fast-check.ts";
import {
  fewInputs,
  printedProblems,
  secretArn,
  sha256,
  sourceOf,
} from "../../fixtures/sources.ts";

/** API Gateway's quota for the size of an imported definition. */
const largestImport = 6 * 1024 * 1024;

const optional = <T>(arbitrary: fc.Arbitrary<T>) =>
  fc.option(arbitrary, { nil: undefined });
const secret = fc.constantFrom(secretArn, `${secretArn}#key`, "ssm:/ai/key");
const texts = fc.constantFrom("a", "2024-10-21", "x~y", "a-b.c");

const upstream = fc.record(
  {
    kind: fc.constantFrom(
      "http",
      "openai",
      "anthropic",
      "azure-openai",
      "gemini",
    ),
    url: fc.constantFrom(
      "https://a.example.com",
      "https://a.example.com/v1",
      "https://a.example.com:8443/deep/path/",
    ),
    secret,
    headers: fc.dictionary(fc.constantFrom("X-One", "x-two", "three"), texts),
    query: fc.dictionary(fc.constantFrom("api-version", "one", "two"), texts),
  },
  { requiredKeys: ["kind", "url"] },
);

const tail = fc.constantFrom(
  "",
  "/b",
  "/{id}",
  "/{id}/c",
  "/{proxy+}",
  "/{id}/d/{rest+}",
);
const route = fc.record({
  tail,
  methods: optional(
    fc.oneof(
      fc.constant(["ANY"]),
      fc.uniqueArray(fc.constantFrom(...httpMethods), { minLength: 1 }),
    ),
  ),
  stream: optional(fc.boolean()),
  timeout: optional(fc.integer({ min: 1, max: 29 })),
  upstream: fc.nat(),
});

const consumer = fc.record({
  routes: optional(fc.uniqueArray(fc.nat(), { minLength: 1, maxLength: 4 })),
  plan: fc.boolean(),
  disabled: optional(fc.boolean()),
  expires: optional(fc.constant("2030-01-01")),
});

const shape = fc.record({
  upstreams: fc.array(upstream, { minLength: 1, maxLength: 4 }),
  routes: fc.array(route, { minLength: 1, maxLength: 12 }),
  consumers: fc.array(consumer, { minLength: 1, maxLength: 6 }),
  plans: fc.boolean(),
  origins: optional(
    fc.uniqueArray(
      fc.constantFrom("https://app.example.com", "http://localhost:3000"),
      { minLength: 1 },
    ),
  ),
  stripHeaders: optional(
    fc.uniqueArray(fc.constantFrom("X-Strip", "x-other", "third"), {
      minLength: 1,
    }),
  ),
  tokenHeader: optional(
    fc.constantFrom("Authorization", "x-api-key", ["api-key", "x-token"]),
  ),
  stage: optional(fc.constantFrom("v1", "live", "stage_2")),
});

type Shape = typeof shape extends fc.Arbitrary<infer Made> ? Made : never;

/** The config file; every upstream has a route, since one without is a warning. */
function configOf(made: Shape) {
  const routes = [
    ...made.routes,
    ...made.upstreams.map((_, index) => ({
      tail: "",
      methods: undefined,
      stream: undefined,
      timeout: undefined,
      upstream: index,
    })),
  ].map(({ tail: end, upstream: at, ...rest }, index) => ({
    ...rest,
    path: `/r${index}${end}`,
    upstream: `u${at % made.upstreams.length}`,
  }));
  const patternOf = (at: number) => routes[at % routes.length]?.path ?? "/**";
  return {
    stage: made.stage,
    "token-header": made.tokenHeader,
    "strip-headers": made.stripHeaders,
    upstreams: Object.fromEntries(
      made.upstreams.map((one, index) => [`u${index}`, one]),
    ),
    routes,
    consumers: made.consumers.map(({ plan, routes: may, ...rest }, index) => ({
      ...rest,
      ...(index === 0 && { disabled: false }),
      id: `c${index}`,
      token: { sha256: sha256(`token-${index}`) },
      routes: may && [...new Set(may.map(patternOf))],
      plan: made.plans && (plan || index === 0) ? "basic" : undefined,
    })),
    plans: made.plans ? { basic: { rate: 10, burst: 20 } } : undefined,
    cors: made.origins && { origins: made.origins },
  };
}

function gateOf(config: object): Gate {
  const parsed = parseGate(sourceOf(fewInputs, JSON.stringify(config)));
  if ("problems" in parsed) throw new Error(printedProblems(parsed.problems));
  return parsed.gate;
}

function documentOf(config: object) {
  return buildDocument(gateOf(config), {
    name: "gate",
    authorizerUri: "arn:aws:apigateway:eu-west-1:lambda:path/x/invocations",
    sha256,
    proofKey: null,
  });
}

const settingsOf = (config: object) =>
  sortedJson(buildSettings(gateOf(config), { proofKey: null, sha256 }));

/**
 * Lists whose order says nothing. That of routes chooses the route of the invoke URL, that of token headers the one in the docs, that
 * of origins is the order of the lines of the preflight's template.
 */
const unordered = ["consumers", "methods", "strip-headers"];

/** Every mapping, and every list without an order, the other way round. */
function reordered(value: unknown, lists = unordered, key = ""): unknown {
  if (Array.isArray(value)) {
    const items = value.map((item) => reordered(item, lists));
    return lists.includes(key) ? items.reverse() : items;
  }
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .map(([name, one]) => [name, reordered(one, lists, name)] as const)
      .reverse(),
  );
}

test("are valid OpenAPI", async () => {
  const validator = new Validator();
  for (const made of fc.sample(shape, { numRuns: 200, seed: 3 })) {
    const text = JSON.stringify(documentOf(configOf(made)));
    const document = JSON.parse(text) as Record<string, unknown>;
    expect(await validator.validate(document)).toEqual({ valid: true });
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(largestImport);
  }
});

test("a document that is not valid is told from one that is", async () => {
  const [made] = fc.sample(shape, { numRuns: 1, seed: 3 });
  const document = { ...documentOf(configOf(made!)), paths: { a: {} } };
  expect(await new Validator().validate(document)).toMatchObject({
    valid: false,
  });
});

test("say the same in whatever order the config is written", () => {
  fc.assert(
    fc.property(shape, (made) => {
      const config = configOf(made);
      const again = documentOf(reordered(config) as object);
      expect(sortedJson(again)).toBe(sortedJson(documentOf(config)));
      // The first consumer that a JWT fits gets it: there the order of the list counts.
      expect(settingsOf(reordered(config, []) as object)).toBe(
        settingsOf(config),
      );
    }),
    { numRuns: 200 },
  );
});
