import {
  isStopping,
  type PolicyEvents,
  ranPacks,
  violationsIn,
  wordViolation,
} from "../../../src/gate/policy-violations.ts";

const urn = (type: string, name: string) =>
  `urn:pulumi:prod::ai-gate.acme.app::${type}::${name}`;

const event = (
  more: Partial<NonNullable<PolicyEvents["policyEvent"]>> = {},
): PolicyEvents => ({
  policyEvent: {
    resourceUrn: urn("aws:apigateway/restApi:RestApi", "gate"),
    policyName: "rule",
    policyPackName: "rules",
    policyPackVersion: "1.0.0",
    enforcementLevel: "mandatory",
    message: "A rule.\nDo this.\n",
    ...more,
  },
});

const remediated: PolicyEvents = {
  policyRemediationEvent: {
    resourceUrn: urn("aws:apigateway/stage:Stage", "v1"),
    policyName: "rule",
    policyPackName: "rules",
  },
};

const words = (...events: PolicyEvents[]) =>
  violationsIn(events).map(wordViolation);

test.each<[string, PolicyEvents, string, boolean]>([
  [
    "a mandatory policy",
    event(),
    "the policy rule of the pack rules 1.0.0 refuses RestApi gate: A rule. Do this.",
    true,
  ],
  [
    "an advisory one",
    event({ enforcementLevel: "advisory" }),
    "the policy rule of the pack rules 1.0.0 says of RestApi gate: A rule. Do this.",
    false,
  ],
  [
    "a level that is not known",
    event({ enforcementLevel: "severe" }),
    "the policy rule of the pack rules 1.0.0 refuses RestApi gate: A rule. Do this.",
    true,
  ],
  [
    "one about all resources",
    event({ resourceUrn: urn("pulumi:pulumi:Stack", "gate-prod") }),
    "the policy rule of the pack rules 1.0.0 refuses the gate: A rule. Do this.",
    true,
  ],
  [
    "without a resource, a version or words",
    {
      policyEvent: {
        policyName: "rule",
        policyPackName: "rules",
        enforcementLevel: "mandatory",
        message: "<{%fg 1%}><{%reset%}>\n",
      },
    },
    "the policy rule of the pack rules refuses the gate",
    true,
  ],
  [
    "a resource below another",
    event({ resourceUrn: urn("my:a:A$aws:iam/role:Role", "authorizer") }),
    "the policy rule of the pack rules 1.0.0 refuses Role authorizer: A rule. Do this.",
    true,
  ],
  [
    "a policy that changes a resource",
    remediated,
    "the policy rule of the pack rules would change the properties of Stage v1",
    true,
  ],
])("%s", (_what, one, sentence, stops) => {
  expect(words(one)).toEqual([sentence]);
  expect(violationsIn([one]).map(isStopping)).toEqual([stops]);
});

test("what stops comes first, and each once", () => {
  const advisory = event({ enforcementLevel: "advisory" });
  expect(
    violationsIn([advisory, event(), remediated, advisory, {}, event()]).map(
      ({ level }) => level,
    ),
  ).toEqual(["mandatory", "remediated", "advisory"]);
});

test.each<[string, PolicyEvents[], boolean]>([
  ["no summary", [], false],
  ["no packs", [{ summaryEvent: { maybeCorrupt: false } }], false],
  [
    "null",
    [{ summaryEvent: { maybeCorrupt: false, PolicyPacks: null } }],
    false,
  ],
  [
    "one of the organization",
    [{ summaryEvent: { maybeCorrupt: false, PolicyPacks: { theirs: "1" } } }],
    false,
  ],
  [
    "a local one",
    [
      {
        summaryEvent: {
          maybeCorrupt: false,
          PolicyPacks: { "rules|local|/w/policies": "1" },
        },
      },
    ],
    true,
  ],
])("packs ran: %s", (_what, events, ran) => {
  expect(ranPacks(events)).toBe(ran);
});
