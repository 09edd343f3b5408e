// Which of its logs, or which metric of AWS, a gate counts each alarm by.
import { alarmSource } from "../../../src/gate/alarms.ts";
import { alarmNames, type Gate } from "../../../src/gate/gate.ts";
import { customGate, gate } from "../../fixtures/program-run.ts";

const accessLog = { makesRole: false };
const fronted: Gate = {
  ...customGate,
  upstreams: [
    {
      ...gate.upstreams[0]!,
      credential: {
        header: "x",
        prefix: "",
        secret: { store: "ssm", name: "/a" },
      },
    },
  ],
};

const metric = (name: string, from: string) => `${from} ${name}`;
const errors = metric("5XXError", "AWS/ApiGateway");

test.each<[string, Gate, readonly (string | undefined)[]]>([
  [
    "built-in",
    gate,
    [
      'authorizer { $.decision = "error" }',
      errors,
      undefined,
      'authorizer { $.decision = "unauthorized" }',
    ],
  ],
  [
    "built-in, with an access log",
    { ...gate, accessLog },
    [
      'authorizer { $.decision = "error" }',
      errors,
      'access { $.status = "429" }',
      'access { $.error = "UNAUTHORIZED" }',
    ],
  ],
  [
    "a user's own behind the gate's",
    fronted,
    [
      'authorizer { $.decision = "error" }',
      errors,
      undefined,
      'authorizer { $.decision = "unauthorized" }',
    ],
  ],
  [
    "a user's own alone",
    customGate,
    [metric("Errors", "AWS/Lambda"), errors, undefined, undefined],
  ],
  [
    "a user's own alone, with an access log",
    { ...customGate, accessLog },
    [
      metric("Errors", "AWS/Lambda"),
      errors,
      'access { $.status = "429" }',
      'access { $.error = "UNAUTHORIZED" }',
    ],
  ],
])("%s", (_, watched, expected) => {
  const found = alarmNames.map((name) => {
    const source = alarmSource(watched, name);
    if (source === undefined) return undefined;
    return source.kind === "metric"
      ? metric(source.metric, source.namespace)
      : `${source.log} ${source.pattern}`;
  });
  expect(found).toEqual(expected);
});
