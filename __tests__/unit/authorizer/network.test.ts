// From where a caller may call: of the address that API Gateway saw, and of nothing that the caller wrote.
import {
  decideCall,
  eventOf,
  now,
  parse,
  proofClaims,
  score,
  settingsFile,
  signProof,
  tokenA,
  tokenB,
  unauthorized,
  withBearer,
  functionArn,
  customGate,
} from "../../fixtures/authorizer.ts";
import { decide } from "../../../authorizer/decide.ts";

interface Rules {
  readonly allow?: readonly string[];
  readonly deny?: readonly string[];
}

const [teamA, ...others] = settingsFile.consumers;
const gateOnly = (network: Rules) => parse({ network });
const ofTeamA = (network: Rules, gate?: Rules) =>
  parse({
    consumers: [{ ...teamA, network }, ...others],
    ...(gate && { network: gate }),
  });

/** A call as team-a, with the address that API Gateway saw. */
const from = (sourceIp: unknown, token = tokenA, headers = {}) => {
  const call = withBearer(token, { ...score, headers });
  const { requestContext } = eventOf(call);
  return {
    ...call,
    event: { requestContext: { ...requestContext, identity: { sourceIp } } },
  };
};
const kindOf = async (...parameters: Parameters<typeof decideCall>) =>
  (await decideCall(...parameters)).kind;

const allow = ["10.0.0.0/8", "198.51.100.7/32", "2001:db8::/32"];
const deny = ["10.66.0.0/16", "2001:db8:bad::/48"];

const inside = [
  "10.0.0.0",
  "10.255.255.255",
  "198.51.100.7",
  "2001:db8::1",
  "2001:0DB8:0000::1",
  "2001:db8:1:2:3:4:5:6",
  // The same address as 10.1.2.3.
  "::ffff:10.1.2.3",
  "::FFFF:a01:203",
  "0:0:0:0:0:ffff:10.1.2.3",
];
const outside = [
  "9.255.255.255",
  "11.0.0.0",
  "198.51.100.8",
  "2001:db9::1",
  "::1",
  "::ffff:11.1.2.3",
  // Of a form that is long out of use, and of NAT64 and 6to4: other addresses than the one within.
  "::10.1.2.3",
  "64:ff9b::10.1.2.3",
  "2002:a01:203::1",
];
const denied = ["10.66.1.1", "::ffff:10.66.1.1", "2001:db8:bad::1"];
const noAddress = [
  undefined,
  null,
  "",
  " ",
  0,
  167_772_161,
  ["10.1.2.3"],
  { ip: "10.1.2.3" },
  "10.1.2.3 ",
  " 10.1.2.3",
  "10.1.2.3\n",
  "10.1.2.3, 11.0.0.1",
  "10.1.2.3:443",
  "10.1.2.3/8",
  "10.1.2",
  "010.1.2.3",
  "0x0a.1.2.3",
  "10.1.2.3.4",
  "10.1.2.256",
  "167838211",
  "[2001:db8::1]",
  "2001:db8::1%eth0",
  "::ffff:10.1.2.3%lo",
  "2001:db8:::1",
  "localhost",
];

describe.each([
  ["the gate's", gateOnly({ allow, deny }), "network"],
  ["the consumer's", ofTeamA({ allow, deny }), "consumer-network"],
] as const)("%s networks", (_, settings, reason) => {
  test.each(inside)("%p may call", async (address) => {
    expect(await kindOf(from(address), settings)).toBe("allow");
  });

  test.each([...outside, ...denied, ...noAddress])(
    "%p may not, and learns nothing",
    async (address) => {
      expect(await decideCall(from(address), settings)).toEqual(
        unauthorized(reason),
      );
    },
  );

  test("an event without identity is refused", async () => {
    const call = from("10.1.2.3");
    for (const identity of [undefined, null, "10.1.2.3", []]) {
      const { requestContext } = call.event;
      const event = { requestContext: { ...requestContext, identity } };
      expect(await decideCall({ ...call, event }, settings)).toEqual(
        unauthorized(reason),
      );
    }
  });

  test.each([
    ["X-Forwarded-For", "10.1.2.3"],
    ["X-Forwarded-For", "10.1.2.3, 11.0.0.1"],
    ["Forwarded", "for=10.1.2.3"],
    ["X-Real-IP", "10.1.2.3"],
    ["True-Client-IP", "10.1.2.3"],
    ["CF-Connecting-IP", "10.1.2.3"],
    ["X-Amzn-Source-Ip", "10.1.2.3"],
    ["sourceIp", "10.1.2.3"],
  ])("a forged %s: %s does not help", async (name, value) => {
    const call = from("11.0.0.1", tokenA, { [name]: value });
    expect(await decideCall(call, settings)).toEqual(unauthorized(reason));
  });

  test("a header that is not allowed does not hurt", async () => {
    const call = from("10.1.2.3", tokenA, { "X-Forwarded-For": "11.0.0.1" });
    expect(await kindOf(call, settings)).toBe("allow");
  });
});

test("deny alone lets all others in, but nobody without an address", async () => {
  const settings = gateOnly({ deny });
  for (const address of [...inside, ...outside])
    expect(await kindOf(from(address), settings)).toBe("allow");
  for (const address of [...denied, ...noAddress])
    expect(await kindOf(from(address), settings)).toBe("unauthorized");
});

test("IPv4 is no part of a wide network of IPv6", async () => {
  const settings = gateOnly({ allow: ["::/1"] });
  expect(await kindOf(from("2.2.2.2"), settings)).toBe("unauthorized");
  expect(await kindOf(from("::ffff:2.2.2.2"), settings)).toBe("unauthorized");
  expect(await kindOf(from("2001:db8::1"), settings)).toBe("allow");
});

test("a consumer's networks are within the gate's, and bind it alone", async () => {
  const settings = ofTeamA({ allow: ["10.1.0.0/16"] }, { allow, deny });
  expect(await kindOf(from("10.1.2.3"), settings)).toBe("allow");
  expect(await kindOf(from("10.2.2.3"), settings)).toBe("unauthorized");
  expect(await kindOf(from("10.2.2.3", tokenB), settings)).toBe("allow");
  expect(await kindOf(from("11.2.2.3", tokenB), settings)).toBe("unauthorized");
  const wide = ofTeamA({ allow: ["11.0.0.0/8"] }, { allow });
  expect(await kindOf(from("11.2.2.3"), wide)).toBe("unauthorized");
});

test("the proof passes from where the consumer does, and nowhere else", async () => {
  const proof = signProof({ ...proofClaims, sub: "team-a" });
  const settings = ofTeamA({ allow: ["10.1.0.0/16"] });
  expect(await kindOf(from("10.1.2.3", proof), settings)).toBe("allow");
  expect(await decideCall(from("10.2.2.3", proof), settings)).toEqual(
    unauthorized("consumer-network"),
  );
  const gate = gateOnly({ allow: ["10.1.0.0/16"] });
  expect(await decideCall(from("10.2.2.3", proof), gate)).toEqual(
    unauthorized("network"),
  );
});

test("a wrong credential is refused before the consumer's network has a say", async () => {
  const settings = ofTeamA({ allow });
  expect(await decideCall(from("10.1.2.3", "nobody"), settings)).toEqual(
    unauthorized("token-unknown"),
  );
});

test("the user's own authorizer does not open the gate to other networks", async () => {
  const answer = {
    kind: "policy",
    name: "somebody",
    statements: [
      { Effect: "Allow", Action: "execute-api:Invoke", Resource: "*" },
    ],
  } as const;
  const given = parse({ ...customGate(), network: { allow } });
  const settings = { ...given, custom: { ...given.custom!, answer } };
  const decideFrom = async (address: string) => {
    const event = eventOf(from(address));
    return (await decide({ event, functionArn }, settings, now)).kind;
  };
  expect(await decideFrom("10.1.2.3")).toBe("allow");
  expect(await decideFrom("11.1.2.3")).toBe("unauthorized");
});

test.each([
  ["an address", ["10.0.0.1"]],
  ["a length beyond the address", ["10.0.0.0/33"]],
  ["a length beyond an IPv6 address", ["2001:db8::/129"]],
  ["a number beyond a byte", ["10.0.0.256/32"]],
  ["a name", ["localhost/8"]],
  ["a range", ["10.0.0.0-10.0.0.9"]],
  ["no list", "10.0.0.0/8"],
  ["an empty list", []],
  ["the same twice", ["10.0.0.0/8", "10.0.0.0/8"]],
  ["a zone", ["fe80::1%eth0/64"]],
  ["no colon", ["abc/8"]],
])("%s is no network: the function does not start", (_, list) => {
  expect(() => parse({ network: { allow: list } })).toThrow(
    /^settings\.network\.allow/,
  );
  const network = { deny: list };
  expect(() => parse({ consumers: [{ ...teamA, network }] })).toThrow(
    /^settings\.consumers\[0\]\.network\.deny/,
  );
});
