// Stacks that are not what AWS has, through the committed dist/ with the real engine: after an engine was killed in the middle of a
// call, with a lost state, with somebody else's resource in the way. Nothing is made twice.
import {
  copyFileSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { callAws, nameOf, type Rig, startRig } from "../fixtures/action-rig.ts";

jest.setTimeout(300_000);

let rig: Rig;
beforeAll(async () => {
  rig = await startRig();
});
afterAll(() => rig.cloud.stop());

const token = "canary.0123456789abcdefghijklmnopqrstuv";
const inputs = {
  path: "a",
  upstream: "https://upstream.example.com",
  tokens: `team-a=${token}`,
  proof: "true",
};

const stateOf = (stack: string): string =>
  path.join(
    rig.cloud.directory,
    `state/.pulumi/stacks/ai-gate.acme.app/${stack}.json`,
  );

const apis = async (stack: string) => {
  const { item } = (await callAws(rig.cloud, {
    service: "apigateway",
    method: "GET",
    path: "/restapis",
  })) as { item?: { id: string; name: string }[] };
  return (item ?? []).filter(({ name }) => name === nameOf(stack));
};

const said = ({ stdout, stderr }: { stdout: string; stderr: string }) =>
  (stdout + stderr).slice(-4000);

test("a lost state: refused with what is there, adopted as a whole, and nothing is made twice", async () => {
  const first = await rig.up("lost", { inputs });
  rmSync(stateOf("lost"));
  const refused = await rig.run("up", "lost", { inputs });
  expect(refused.outputs["failure-reason"]).toBe("invalid-input");
  expect(refused.annotations.map(({ message }) => message).join("\n")).toMatch(
    /adopt: the gate lost is in eu-west-1 already \(RestApi \w+\).*`adopt: true`/,
  );
  expect(refused.writes).toEqual([]);

  const adopted = await rig.run("up", "lost", {
    inputs: { ...inputs, adopt: "true" },
  });
  if (adopted.outputs["ready"] !== "true") throw new Error(said(adopted));
  expect(adopted.outputs["base-url"]).toBe(first.outputs["base-url"]);
  expect(await apis("lost")).toHaveLength(1);
  expect(
    adopted.writes.filter(({ operation }) =>
      /^Create(?!Deployment)/.test(operation),
    ),
  ).toEqual([]);
  const again = await rig.up("lost", { inputs });
  expect(again.outputs["changes"]).toBe("[]");
  const gone = await rig.run("destroy", "lost");
  expect(gone.outputs["failure-reason"]).toBe("");
  expect(await apis("lost")).toEqual([]);
});

test("an engine killed over the file beside its state: the next up reads the state, and changes nothing", async () => {
  await rig.up("cut-attributes", { inputs });
  truncateSync(`${stateOf("cut-attributes")}.attrs`);
  const next = await rig.up("cut-attributes", { inputs });
  expect(next.outputs["changes"]).toBe("[]");
  expect(next.writes).toEqual([]);
});

test("a damaged state is one line that says where to go, and the copy beside it brings it back", async () => {
  await rig.up("damaged", { inputs });
  const file = stateOf("damaged");
  truncateSync(file, 50);
  const refused = await rig.run("up", "damaged", { inputs });
  expect(refused.annotations.map(({ message }) => message)).toEqual([
    "failed to load checkpoint: place 1: unexpected end of JSON input: the stack's state is damaged; put back the version before it (docs/state.md has the commands)",
  ]);
  expect(refused.writes).toEqual([]);
  // As docs/state.md says of a directory.
  copyFileSync(`${file}.bak`, file);
  expect((await rig.run("refresh", "damaged")).outputs["failure-reason"]).toBe(
    "",
  );
  await rig.up("damaged", { inputs });
  expect(await apis("damaged")).toHaveLength(1);
});

test("an earlier version of the state: what was made since is adopted with `adopt`, and nothing is made twice", async () => {
  const stack = "earlier";
  const files = {
    "ai-gate.yml": `alarms:
  topic: arn:aws:sns:eu-west-1:000000000000:gate-alarms
  server-errors: 3
plans:
  basic:
    rate: 10
    burst: 20
upstreams:
  api:
    url: https://upstream.example.com
routes:
  - path: /a
    upstream: api
consumers:
  - id: team-a
    token:
      env: TEAM_A_TOKEN
    plan: basic
`,
  };
  const environment = { TEAM_A_TOKEN: token };
  const whole = {
    files,
    environment,
    inputs: { adopt: "true", proof: "true" },
  };
  await rig.up(stack, { inputs });
  const earlier = readFileSync(stateOf(stack));
  await rig.up(stack, whole);
  writeFileSync(stateOf(stack), earlier);
  const adopted = await rig.run("up", stack, whole);
  if (adopted.outputs["ready"] !== "true") throw new Error(said(adopted));
  // A new snapshot; metric filters are set again by name. Neither alarm nor plan, key or their join is made.
  expect(
    adopted.writes
      .map(({ operation }) => operation)
      .filter((name) => /^Create|Alarm/.test(name)),
  ).toEqual(["CreateDeployment"]);
  const again = await rig.up(stack, whole);
  expect(again.outputs["changes"]).toBe("[]");
});

test("a destroy with a lost state lists what is there, and takes it away when it is to be adopted", async () => {
  await rig.up("bygone", { inputs });
  rmSync(stateOf("bygone"));
  const listed = await rig.run("destroy", "bygone");
  expect(listed.outputs["failure-reason"]).toBe("invalid-input");
  expect(listed.writes).toEqual([]);
  const gone = await rig.run("destroy", "bygone", {
    inputs: { adopt: "true" },
  });
  if (gone.outputs["failure-reason"] !== "") throw new Error(said(gone));
  expect(await apis("bygone")).toEqual([]);
  await expect(
    callAws(rig.cloud, {
      service: "lambda",
      method: "GET",
      path: `/2015-03-31/functions/${nameOf("bygone")}-authorizer`,
    }),
  ).rejects.toThrow();
  const nothing = await rig.run("destroy", "bygone");
  expect(nothing.outputs["verdict"]).toBe("Nothing to destroy");
});

test("somebody else's role of the gate's name is refused by its name, and left alone", async () => {
  const role = `${nameOf("taken")}-authorizer`;
  await callAws(rig.cloud, {
    service: "iam",
    form: {
      Action: "CreateRole",
      Version: "2010-05-08",
      RoleName: role,
      AssumeRolePolicyDocument: "{}",
    },
  });
  const refused = await rig.run("up", "taken", { inputs });
  expect(refused.outputs["failure-reason"]).toBe("engine");
  expect(refused.annotations.map(({ message }) => message)).toEqual([
    expect.stringContaining(
      `the Role ${role} is there, but nothing shows that it is this gate's`,
    ),
  ]);
  expect(refused.writes).toEqual([]);
});

describe("alarms, which a create would set again without a word", () => {
  const files = {
    "ai-gate.yml": `alarms:
  topic: arn:aws:sns:eu-west-1:000000000000:gate-alarms
  server-errors: 3
  authorizer-errors: 2
`,
  };
  const ask = (operation: string, body: object) =>
    callAws(rig.cloud, {
      service: "monitoring",
      target: `GraniteServiceVersion20100801.${operation}`,
      body,
    });
  const alarms = async (stack: string) => {
    const { MetricAlarms = [] } = (await ask("DescribeAlarms", {
      AlarmNamePrefix: `${nameOf(stack)}-`,
    })) as { MetricAlarms?: { AlarmName: string }[] };
    return MetricAlarms.map(({ AlarmName }) => AlarmName).sort();
  };

  test("are adopted with the rest of a lost gate, and removed with it", async () => {
    await rig.up("watched", { inputs, files });
    const made = await alarms("watched");
    expect(made).toContain(`${nameOf("watched")}-server-errors`);
    rmSync(stateOf("watched"));
    const adopted = await rig.run("up", "watched", {
      inputs: { ...inputs, adopt: "true" },
      files,
    });
    if (adopted.outputs["ready"] !== "true") throw new Error(said(adopted));
    expect(adopted.writes.map(({ operation }) => operation)).not.toContain(
      "PutMetricAlarm",
    );
    expect(await alarms("watched")).toEqual(made);

    rmSync(stateOf("watched"));
    const listed = await rig.run("destroy", "watched");
    expect(
      listed.annotations.map(({ message }) => message).join("\n"),
    ).toContain(`MetricAlarm ${nameOf("watched")}-server-errors`);
    const gone = await rig.run("destroy", "watched", {
      inputs: { adopt: "true" },
    });
    if (gone.outputs["failure-reason"] !== "") throw new Error(said(gone));
    expect(await alarms("watched")).toEqual([]);
  });

  test("of somebody else with such a name stop a lost gate's up", async () => {
    const AlarmName = `${nameOf("alarmed")}-server-errors`;
    await rig.up("alarmed", { inputs });
    rmSync(stateOf("alarmed"));
    await ask("PutMetricAlarm", {
      AlarmName,
      Namespace: "theirs",
      MetricName: "theirs",
      Statistic: "Sum",
      Period: 60,
      EvaluationPeriods: 1,
      Threshold: 1,
      ComparisonOperator: "GreaterThanThreshold",
    });
    const refused = await rig.run("up", "alarmed", {
      inputs: { ...inputs, adopt: "true" },
      files,
    });
    expect(refused.annotations.map(({ message }) => message)).toEqual([
      expect.stringContaining(
        `the MetricAlarm ${AlarmName} is there, but nothing shows that it is this gate's`,
      ),
    ]);
    expect(refused.writes).toEqual([]);
  });
});
