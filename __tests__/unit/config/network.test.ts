import { parseGate } from "../../../src/config/parse-gate.ts";
import {
  fewInputs,
  gateOf,
  printedProblems,
  problemsOf,
  sourceOf,
} from "../../fixtures/sources.ts";

const rest = `upstreams:
  a: { url: https://a.example.com/v1 }
routes:
  - { path: /a, methods: [GET], upstream: a }
consumers:
  - { id: ci, token: { env: TEAM_A_TOKEN } }
`;
const limited = (network: string) =>
  sourceOf(
    fewInputs,
    `${rest}  - { id: b, token: { env: TEAM_B_TOKEN }, network: ${network} }\n`,
  );
const gate = (network: string, more = "") =>
  sourceOf(fewInputs, `network: ${network}\n${rest}${more}`);

test("networks are kept in their shortest form", () => {
  const source = gate(
    `{ allow: [198.51.100.0/24, "2001:0DB8:0:0::/32", 203.0.113.7/32], deny: ["2001:db8:1::/48"] }`,
  );
  expect(gateOf(source).network).toEqual({
    allow: ["198.51.100.0/24", "2001:db8::/32", "203.0.113.7/32"],
    deny: ["2001:db8:1::/48"],
  });
  const { consumers } = gateOf(limited("{ allow: [10.0.0.0/8] }"));
  expect(consumers.map(({ network }) => network)).toEqual([
    undefined,
    { allow: ["10.0.0.0/8"] },
  ]);
});

const printed = (source: ReturnType<typeof gate>) =>
  printedProblems(problemsOf(source));

const many = (count: number) =>
  Array.from({ length: count }, (_, at) => `10.0.${at}.0/24`).join(", ");

const bad = {
  "no list": "{}",
  "an empty list": "{ allow: [] }",
  "text for a list": "{ allow: 10.0.0.0/8 }",
  "another key": "{ except: [10.0.0.0/8] }",
  "bits beyond the network": "{ allow: [10.0.0.5/8] }",
  "bits beyond an IPv6 network": `{ deny: ["2001:db8::1/32"] }`,
  "no length": "{ allow: [10.0.0.5] }",
  "no length of IPv6": `{ allow: ["2001:db8::1"] }`,
  "all of IPv4": "{ allow: [0.0.0.0/0] }",
  "all of IPv6": `{ allow: [10.0.0.0/8, "::/0"] }`,
  "nobody at all": "{ deny: [0.0.0.0/0] }",
  "every address in another spelling": "{ allow: [1.2.3.4/0] }",
  "IPv4 within IPv6": `{ allow: ["::ffff:a00:0/104"] }`,
  "IPv4 within IPv6, with dots": `{ allow: ["::ffff:10.0.0.0/104"] }`,
  "a name": "{ allow: [office/24] }",
  "a range": "{ allow: [10.0.0.0-10.0.0.9] }",
  "a mask": "{ allow: [10.0.0.0/255.0.0.0] }",
  "octal digits": "{ allow: [010.0.0.0/8] }",
  "hexadecimal digits": "{ allow: [0xa.0.0.0/8] }",
  "three numbers": "{ allow: [10.0.0/8] }",
  "a length beyond IPv4": "{ allow: [10.0.0.0/33] }",
  "a length beyond IPv6": `{ allow: ["2001:db8::/129"] }`,
  "a number beyond a byte": "{ allow: [10.0.0.256/32] }",
  "a zone": `{ allow: ["fe80::%eth0/64"] }`,
  "a space": `{ allow: ["10.0.0.0/8 "] }`,
  "a line break": `{ allow: ["10.0.0.0/8\\n"] }`,
  "a security group": "{ allow: [sg-0123456789abcdef0] }",
  "the same twice": "{ allow: [10.0.0.0/8, 10.0.0.0/8] }",
  "the same twice in two spellings": `{ allow: ["2001:db8::/32", "2001:DB8:0::/32"] }`,
  "too many": `{ allow: [${many(51)}] }`,
};

test("what is no network is refused, with what to write", () => {
  const lines = Object.entries(bad).map(([name, network]) => {
    const problems = printed(gate(network));
    expect([name, problems]).not.toEqual([name, ""]);
    return `# ${name}\n${problems}`;
  });
  expect(lines.join("\n\n")).toMatchSnapshot();
});

test("a consumer's networks are read by the same rules", () => {
  expect(printed(limited("{ allow: [10.0.0.5/8] }"))).toMatch(
    /^consumers\[1\]\.network\.allow\[0\] .*"10\.0\.0\.5\/8" is an address within 10\.0\.0\.0\/8/,
  );
  for (const network of Object.values(bad))
    expect(printed(limited(network))).not.toBe("");
});

test("fifty networks are not too many", () => {
  expect(gateOf(gate(`{ allow: [${many(50)}] }`)).network?.allow).toHaveLength(
    50,
  );
});

const warningsOf = (source: ReturnType<typeof gate>) => {
  const parsed = parseGate(source);
  if ("problems" in parsed) throw new Error(JSON.stringify(parsed.problems));
  return parsed.warnings.map(({ where, message }) => `${where}: ${message}`);
};

test("what has no effect is warned of", () => {
  const shutOut =
    "  - { id: b, token: { env: TEAM_B_TOKEN }, network: { allow: [192.0.2.0/24] } }\n";
  expect([
    ...warningsOf(gate("{ allow: [10.0.0.0/8, 10.1.0.0/16] }")),
    ...warningsOf(
      gate("{ allow: [10.0.0.0/8, 10.1.0.0/16], deny: [10.1.0.0/16] }"),
    ),
    ...warningsOf(gate("{ allow: [10.0.0.0/8] }", shutOut)),
  ]).toMatchInlineSnapshot(`
   [
     "network.allow[1]: "10.1.0.0/16" is within "10.0.0.0/8": remove it",
     "network.allow[1]: "10.1.0.0/16" is within "10.0.0.0/8": remove it",
     "network.allow[1]: "10.1.0.0/16" lets nobody in, since \`deny\` has "10.1.0.0/16": remove one",
     "consumers[1].network: No address of these networks is in \`network.allow\` of the gate, so this consumer can never call: add them there, or remove them here",
   ]
  `);
  expect(
    warningsOf(gate("{ allow: [10.0.0.0/8], deny: [10.1.0.0/16] }")),
  ).toEqual([]);
});
