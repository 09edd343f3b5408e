// Whatever is asked, in whatever spelling: what reaches an upstream is a call that the consumer's list holds. The oracle below
// reads the list as the documentation has it and the call as its upstream received it; nothing of src/ or authorizer/ is in it.
import { posix } from "node:path";
import fc from "fast-check";
import type { HttpMethod } from "../../contract/authorizer-settings.ts";
import { parseGate } from "../../src/gate/parse.ts";
import type { Seen } from "../local/apigateway-data/rig.ts";
import {
  bearer,
  consumer,
  denied,
  outcome,
  source,
  valuesOf,
} from "./gates.ts";
import { startGate, stopAll, type RunningGate } from "./rig.ts";

/** `npm run fuzz` sets it; each is a gate of its own with `callsPerGate` calls. */
const gatesPerRun = Number(process.env["AI_GATE_FUZZ_GATES"] ?? 12);
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
    fc.option(fc.constant("{rest+}"), { freq: 1 }),
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

/** A route an upstream, so that who was reached tells which route was taken. */
const configOf = ({ access, routes: list }: TestGate) => `
upstreams:
${list.map(({ path }, at) => `  u${at}: { url: "https://u${at}.example.com/base${path.endsWith("+}") ? "/{rest}" : ""}" }`).join("\n")}
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
      override: fc.option(method, { nil: undefined, freq: 8 }),
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
  const plain = path.replaceAll("\\", "/").replace(/;[^/]*/g, "");
  return posix
    .normalize(plain)
    .split("/")
    .filter((part) => part !== "");
}

/** Whether the list holds the call that an upstream got; `reached` is what stands for the greedy parameter there. */
function holds(
  list: readonly Access[],
  route: TestRoute,
  called: { readonly method: string; readonly reached: readonly string[] },
): boolean {
  const own = route.path.split("/").slice(1);
  const fixed = own.at(-1)?.endsWith("+}") ? own.slice(0, -1) : own;
  const fits = (wanted: readonly string[]) =>
    wanted.every((part, at) => own[at] === part);
  return list.some(({ methods: only, pattern }) => {
    if (only && !only.some((one) => one === called.method)) return false;
    const open = pattern.endsWith("/**");
    const wanted = (open ? pattern.slice(0, -3) : pattern).split("/").slice(1);
    if (open ? fits(wanted) : pattern === route.path) return true;
    if (fixed === own || wanted.length < fixed.length) return false;
    // Below a greedy route.
    const tail = wanted.slice(fixed.length);
    const start = fixed.every(
      (part, at) => part.startsWith("{") || part === wanted[at],
    );
    const same = tail.every((part, at) => called.reached[at] === part);
    return start && same && (open || tail.length === called.reached.length);
  });
}

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
  const list = gate.access[call.caller];
  for (const seen of running.seen) {
    const route = routeOf(gate, seen);
    const [base, ...reached] = asUpstreamReads(seen.url);
    expect(base).toBe("base");
    if (!route.path.endsWith("+}")) expect(reached).toEqual([]);
    expect(valuesOf(seen, "x-gate-consumer")).toEqual([call.caller]);
    expect({
      ...call,
      route,
      seen: seen.url,
      holds: holds(list, route, { method: seen.method, reached }),
    }).toMatchObject({ holds: true });
  }
  // Whoever asks plainly for what is in the list gets it.
  const resource = running.asked[0]?.event.resource;
  const route = gate.routes.find(({ path }) => path === resource);
  if (call.clean && route) {
    const depth = route.path.split("/").length - 2;
    const reached = call.path.split("/").slice(1 + depth);
    const may = holds(list, route, { method: call.method, reached });
    expect({ ...call, route, list, outcome: outcome(answer) }).toMatchObject({
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

test("allowed means: the route that was taken is in the consumer's list", async () => {
  const counts = { allowed: 0, not: 0 };
  await fc.assert(
    fc.asyncProperty(
      testGate,
      readings,
      fc.infiniteStream(fc.nat()),
      async (gate, played, seeds) => {
        const given = source(configOf(gate));
        const parsed = parseGate(given);
        fc.pre(!("problems" in parsed));
        const running = await startGate(given, { readings: played });
        for (const seed of seeds.take(callsPerGate)) {
          const [route] = fc.sample(fc.constantFrom(...gate.routes), {
            seed,
            numRuns: 1,
          });
          const [call] = fc.sample(callOf(route!), { seed, numRuns: 1 });
          counts[await check(gate, running, call!)] += 1;
        }
        await stopAll();
      },
    ),
    { numRuns: gatesPerRun, maxSkipsPerRun: 50 },
  );
  // Neither of them is rare, or the property would say little.
  expect(counts.allowed).toBeGreaterThan(gatesPerRun * callsPerGate * 0.05);
  expect(counts.not).toBeGreaterThan(gatesPerRun * callsPerGate * 0.05);
}, 600_000);
