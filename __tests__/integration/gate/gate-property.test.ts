// Whatever is asked, in whatever spelling: what reaches an upstream is a call that the consumer's list holds. The oracle below
// reads the list as the documentation has it and the call as its upstream received it; nothing of src/ or authorizer/ is in it.
import { posix } from "node:path";
import { fc } from "../../fixtures/fast-check.ts";
import type { HttpMethod } from "../../../contract/authorizer-settings.ts";
import type { Seen } from "../../fixtures/data-plane.ts";
import {
  bearer,
  consumer,
  denied,
  outcome,
  source,
  valuesOf,
} from "../../fixtures/gates.ts";
import {
  startGate,
  stopAll,
  type RunningGate,
} from "../../fixtures/local-gate.ts";

/** `npm run fuzz` makes them more; each is a gate of its own with `callsPerGate` calls. */
const gatesPerRun = Math.ceil(Number(process.env["FUZZ_RUNS"] ?? 2400) / 200);
const callsPerGate = 40;

afterEach(stopAll);

interface TestRoute {
  readonly path: string;
  readonly methods: readonly HttpMethod[];
}
interface Access {
  readonly methods?: readonly HttpMethod[];
  readonly pattern: string;
}
const callers = ["team-a", "team-b"] as const;
type Caller = (typeof callers)[number];
interface TestGate {
  readonly routes: readonly TestRoute[];
  readonly access: Readonly<Record<Caller, readonly Access[]>>;
}

const word = fc.constantFrom("a", "b", "c", "a.b", "v1", "keys");
const method = fc.constantFrom<HttpMethod>("GET", "POST", "DELETE");
const methods = fc.uniqueArray(method, { minLength: 1, maxLength: 3 });

/** One name a depth: API Gateway takes only one parameter of a parent. */
const template = fc
  .tuple(
    fc.array(fc.oneof({ weight: 3, arbitrary: word }, fc.constant("{}")), {
      minLength: 0,
      maxLength: 3,
    }),
    fc.option(fc.constant("{rest+}"), { freq: 2 }),
  )
  .map(([parts, greedy]) => {
    const named = parts.map((part, at) => (part === "{}" ? `{p${at}}` : part));
    return `/${[...named, ...(greedy === null ? [] : [greedy])].join("/")}`;
  })
  .filter((path) => path !== "/");

const routes = fc
  .uniqueArray(fc.record({ path: template, methods }), {
    minLength: 2,
    maxLength: 7,
    selector: ({ path }) => path,
  })
  .map((list) =>
    // Beside `{p0}` there is no `{rest+}`.
    list.filter(
      ({ path }) =>
        !path.endsWith("+}") ||
        !list.some(({ path: other }) => {
          const depth = path.split("/").length;
          const parent = path.split("/").slice(0, -1).join("/");
          const parts = other.split("/");
          return (
            parts.slice(0, depth - 1).join("/") === parent &&
            /^\{p\d\}$/.test(parts[depth - 1] ?? "")
          );
        }),
    ),
  );

/** Entries of a consumer's list that name something of a route. */
function accessOf(route: TestRoute): fc.Arbitrary<Access> {
  const greedy = route.path.endsWith("+}");
  const parts = route.path.split("/").slice(1);
  const prefixes = parts.map(
    (_, at) => `/${[...parts.slice(0, at), "**"].join("/")}`,
  );
  const below = greedy
    ? fc
        .tuple(fc.array(word, { minLength: 1, maxLength: 2 }), fc.boolean())
        .map(([tail, open]) =>
          [
            ...route.path
              .split("/")
              .slice(0, -1)
              .map((part) => (part.startsWith("{") ? "a" : part)),
            ...tail,
            ...(open ? ["**"] : []),
          ].join("/"),
        )
    : fc.constant(route.path);
  return fc.record({
    methods: fc.option(fc.subarray([...route.methods], { minLength: 1 }), {
      nil: undefined,
      freq: 2,
    }),
    pattern: fc.oneof(
      fc.constant(route.path),
      fc.constantFrom(...prefixes),
      below,
    ),
  }) as fc.Arbitrary<Access>;
}

const testGate: fc.Arbitrary<TestGate> = routes.chain((list) => {
  const access = fc.array(fc.constantFrom(...list).chain(accessOf), {
    minLength: 1,
    maxLength: 3,
  });
  return fc.record({
    routes: fc.constant(list),
    access: fc.record({ "team-a": access, "team-b": access }),
  });
});

const entry = ({ methods: only, pattern }: Access) =>
  JSON.stringify(only ? `${only.join(",")} ${pattern}` : pattern);

const parameters = (path: string) =>
  path.split("/").filter((part) => part.startsWith("{"));

/** A route an upstream, so that who was reached tells which route was taken, and its URL with what values. */
const configOf = ({ access, routes: list }: TestGate) => `
upstreams:
${list.map(({ path }, at) => `  u${at}: { url: "https://u${at}.example.com${["/base", ...parameters(path)].join("/").replace("+}", "}")}" }`).join("\n")}
routes:
${list.map(({ methods: own, path }, at) => `  - { path: "${path}", methods: [${own.join(", ")}], upstream: u${at}, stream: false }`).join("\n")}
consumers:
${callers.map((caller) => consumer(caller, `[${access[caller].map(entry).join(", ")}]`)).join("\n")}`;

/** Pieces that some client, API Gateway or upstream reads as something else. */
const trick = fc.constantFrom(
  "/",
  "//",
  ".",
  "..",
  "/..",
  "/../",
  "/./",
  "%2e%2e",
  "%2E.",
  "..%2f",
  "%2f..",
  "%252e%252e/",
  "%2f",
  "%2F",
  "%5c",
  "\\",
  "..\\",
  ";x",
  "..;/",
  "%00",
  "%61",
  "%6b",
  "%",
  "%25",
  "*",
  "?x=/a",
  "#a",
  "%c0%ae",
  "%e2%82%ac",
);

interface Call {
  readonly method: HttpMethod;
  readonly path: string;
  readonly clean: boolean;
  readonly caller: Caller;
  readonly override?: HttpMethod | undefined;
}

function callOf({ path, methods: own }: TestRoute): fc.Arbitrary<Call> {
  const filled = fc
    .tuple(
      ...path
        .split("/")
        .slice(1)
        .map((part) =>
          part.endsWith("+}")
            ? fc
                .array(word, { minLength: 1, maxLength: 3 })
                .map((all) => all.join("/"))
            : part.startsWith("{")
              ? word
              : fc.constant(part),
        ),
    )
    .map((parts) => `/${parts.join("/")}`);
  const broken = fc
    .tuple(filled, fc.array(fc.tuple(trick, fc.nat(60)), { maxLength: 3 }))
    .map(([text, tricks]) =>
      tricks.reduce((done, [piece, at]) => {
        const cut = at % (done.length + 1);
        return done.slice(0, cut) + piece + done.slice(cut);
      }, text),
    )
    .map((text) => (text.startsWith("/") ? text : `/${text}`));
  const asked = {
    method: fc.oneof(fc.constantFrom(...own), method),
    caller: fc.constantFrom(...callers),
  };
  return fc.oneof(
    fc.record({ ...asked, path: filled, clean: fc.constant(true) }),
    fc.record({
      ...asked,
      path: broken,
      clean: fc.constant(false),
      override: fc.oneof(
        { weight: 7, arbitrary: fc.constant(undefined) },
        { weight: 1, arbitrary: method },
      ),
    }),
  );
}

/** As an upstream may read it that decodes, knows `\` and `;`, and resolves dots. */
function asUpstreamReads(url: string): string[] {
  let path = url.split(/[?#]/)[0] ?? "";
  for (let before = ""; before !== path;) {
    before = path;
    path = path.replace(/%([0-9a-f]{2})/gi, (_, hex: string) =>
      String.fromCharCode(parseInt(hex, 16)),
    );
  }
  const plain = path.replaceAll("\\", "/").replace(/(?<=[^/]);[^/]*/g, "");
  return posix
    .normalize(plain)
    .split("/")
    .filter((part) => part !== "");
}

/** Whether the list holds the call of a route; `reached` are the values of its parameters, as segments. */
function holds(
  { access, routes: all }: TestGate,
  caller: Caller,
  route: TestRoute,
  called: { readonly method: string; readonly reached: readonly string[] },
): boolean {
  const own = route.path.split("/").slice(1);
  const fixed = own.filter((part) => !part.endsWith("+}"));
  const values = [...called.reached];
  const path = [
    ...fixed.map((part) => (part.startsWith("{") ? values.shift() : part)),
    ...values,
  ];
  return access[caller].some(({ methods: only, pattern }) => {
    if (only && !only.some((one) => one === called.method)) return false;
    // The path of a route means that route alone.
    if (all.some((one) => one.path === pattern)) return pattern === route.path;
    const open = pattern.endsWith("/**");
    const wanted = (open ? pattern.slice(0, -3) : pattern).split("/").slice(1);
    if (open && wanted.every((part, at) => own[at] === part)) return true;
    // A literal path below a greedy route.
    return (
      own.length > fixed.length &&
      wanted.length >= fixed.length &&
      wanted.every((part, at) => path[at] === part) &&
      (open || wanted.length === path.length)
    );
  });
}

const fixedAt = ({ path }: TestRoute, at: number) =>
  path.split("/")[at + 1]?.startsWith("{") === false;

function routeOf(gate: TestGate, seen: Seen): TestRoute {
  const host = valuesOf(seen, "host").join();
  const route = gate.routes[Number(/^u(\d+)\./.exec(host)?.[1])];
  if (!route) throw new Error(`no route leads to ${host}`);
  return route;
}

async function check(
  gate: TestGate,
  running: RunningGate,
  call: Call,
): Promise<"allowed" | "not"> {
  running.seen.splice(0);
  running.asked.splice(0);
  const { override } = call;
  const answer = await running.ask(call.method, call.path, {
    headers: {
      ...bearer(call.caller).headers,
      ...(override && { "X-HTTP-Method-Override": override }),
    },
  });
  for (const seen of running.seen) {
    const route = routeOf(gate, seen);
    const [base, ...reached] = asUpstreamReads(seen.url);
    expect(base).toBe("base");
    const known = parameters(route.path).length;
    if (route.path.endsWith("+}"))
      expect(reached.length).toBeGreaterThanOrEqual(known);
    else expect(reached).toHaveLength(known);
    expect(valuesOf(seen, "x-gate-consumer")).toEqual([call.caller]);
    expect({
      ...call,
      route,
      seen: seen.url,
      holds: holds(gate, call.caller, route, { method: seen.method, reached }),
    }).toMatchObject({ holds: true });
  }
  // A plain call of what is in the list is allowed.
  const resource = running.asked[0]?.event.resource;
  const route = gate.routes.find(({ path }) => path === resource);
  if (call.clean && route) {
    const reached = call.path
      .split("/")
      .slice(1)
      .filter((_, at) => !fixedAt(route, at));
    const may = holds(gate, call.caller, route, {
      method: call.method,
      reached,
    });
    expect({ ...call, route, outcome: outcome(answer) }).toMatchObject({
      outcome: may ? "200" : denied,
    });
  }
  return running.seen.length > 0 ? "allowed" : "not";
}

const readings = fc.record({
  methodOverride: fc.constantFrom(
    "before-routing" as const,
    "after-authorizer" as const,
  ),
  pathValues: fc.constantFrom("kept" as const, "requoted" as const),
});

const scenes = testGate.chain((gate) =>
  fc.record({
    gate: fc.constant(gate),
    calls: fc.array(fc.constantFrom(...gate.routes).chain(callOf), {
      minLength: callsPerGate,
      maxLength: callsPerGate,
    }),
    readings,
  }),
);

test("allowed means: the route that was taken is in the consumer's list", async () => {
  const counts = { allowed: 0, not: 0 };
  await fc.assert(
    fc.asyncProperty(scenes, async ({ calls, gate, readings: played }) => {
      const running = await startGate(source(configOf(gate)), {
        readings: played,
      });
      for (const call of calls) counts[await check(gate, running, call)] += 1;
      await stopAll();
    }),
    // A gate takes a while to start, and its config says it all.
    { numRuns: gatesPerRun, endOnFailure: true },
  );
  // Neither of them is rare, or the property would say little.
  expect(counts.allowed).toBeGreaterThan(gatesPerRun * callsPerGate * 0.05);
  expect(counts.not).toBeGreaterThan(gatesPerRun * callsPerGate * 0.05);
}, 600_000);
