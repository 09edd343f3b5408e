// Logs, alarms, traces and tags of a config, as the gate gets them.
import {
  fewInputs,
  gateOf,
  problemsOf,
  pythonHandler,
  sourceOf,
  workspaceOf,
} from "../../fixtures/sources.ts";

const rest = `upstreams: { a: { url: https://a.example.com } }
routes: [{ path: /a, upstream: a }]
`;
const built = `${rest}consumers: [{ id: a, token: { env: TEAM_A_TOKEN } }]
`;
const topic = "arn:aws:sns:eu-west-1:111122223333:gate-alarms";
const parse = (text: string, inputs = {}) =>
  gateOf(
    sourceOf({ ...fewInputs, ...inputs }, text, {
      ...workspaceOf({ "own/authorizer.py": pythonHandler }),
      environment: () => "team-a-0123456789abcdefghijklmnop",
    }),
  );

test("by default there is the authorizer's log, and nothing else", () => {
  const gate = parse(built);
  expect(gate.logRetentionDays).toBe(30);
  for (const key of ["accessLog", "alarms", "tracing"])
    expect(gate).not.toHaveProperty(key);
});

test.each<[string, object]>([
  [
    "logs: { access: true }",
    { accessLog: { makesRole: false }, logRetentionDays: 30 },
  ],
  [
    "logs: { access: true, account-role: true, retention-days: 7 }",
    { accessLog: { makesRole: true }, logRetentionDays: 7 },
  ],
  ["tracing: true", { tracing: true }],
  [
    `alarms: { topic: "${topic}" }`,
    {
      alarms: {
        topic,
        thresholds: {
          "authorizer-errors": 1,
          "server-errors": 10,
          unauthorized: 100,
        },
      },
    },
  ],
  [
    `logs: { access: true }\nalarms: { topic: "${topic}", throttled: 7 }`,
    {
      alarms: expect.objectContaining({
        thresholds: expect.objectContaining({ throttled: 7 }),
      }),
    },
  ],
])("%s", (text, expected) => {
  expect(parse(`${text}\n${built}`)).toMatchObject(expected);
});

test("switches that are off are as if they were not there", () => {
  const off = parse(
    `logs: { access: false, account-role: false }\ntracing: false\n${built}`,
  );
  expect(off).toEqual(parse(built));
});

test("an authorizer of one's own has alarms for what AWS counts", () => {
  const own = `auth: { mode: custom, directory: own }\nalarms: { topic: "${topic}" }\n${rest}`;
  expect(Object.keys(parse(own).alarms?.thresholds ?? {})).toEqual([
    "authorizer-errors",
    "server-errors",
  ]);
});

test("tags of the input and of the file stand together", () => {
  const gate = parse(`tags: { team: ml }\n${built}`, { tags: "cost=7" });
  expect(gate.tags).toEqual({ cost: "7", team: "ml" });
});

test("the same tag in both is named with both places", () => {
  const source = sourceOf(
    { ...fewInputs, tags: "Team=a" },
    `tags: { team: b }\n${built}`,
  );
  expect(problemsOf(source)).toEqual([
    {
      where: "tags.team",
      position: expect.objectContaining({ line: 1 }),
      message:
        '"team" is the key of another tag, in the input `tags`: remove one',
    },
  ]);
});

test("together they may not be too many", () => {
  const some = (from: number) =>
    Array.from({ length: 21 }, (_, index) => `t${from + index}`);
  const file = some(0)
    .map((name) => `${name}: x`)
    .join(", ");
  const tags = some(21)
    .map((name) => `${name}=x`)
    .join("\n");
  const source = sourceOf(
    { ...fewInputs, tags },
    `tags: { ${file} }\n${built}`,
  );
  expect(problemsOf(source)).toEqual([
    { where: "tags", message: "Too many tags (42): use at most 40" },
  ]);
});
