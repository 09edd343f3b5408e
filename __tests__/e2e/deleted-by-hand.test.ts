// Resources of a gate that somebody deletes by hand: an `up` makes them again, through dist/ and the real engine. Every kind of resource is
// played by `npm run test:faults -- aws 1 deleted`.
import {
  callAws,
  nameOf,
  operationsOf,
  type Rig,
  type Run,
  rest,
  restOf,
  startRig,
} from "../fixtures/action-rig.ts";

jest.setTimeout(300_000);

let rig: Rig;
beforeAll(async () => {
  rig = await startRig();
});
afterAll(() => rig.cloud.stop());

const token = "canary.0123456789abcdefghijklmnopqrstuv";
const inputs = {
  path: "a",
  upstream: "https://upstream.example.com/echo",
  tokens: `team-a=${token}`,
  // A proof that passes does at once; one that fails here is bound to.
  "proof-timeout": "2",
};
const two = `${inputs.tokens}\nteam-b=${token}b`;

const remove = (service: string, path: string) =>
  callAws(rig.cloud, { service, method: "DELETE", path });

const deletions = {
  function: (stack: string) =>
    remove("lambda", `/2015-03-31/functions/${nameOf(stack)}-authorizer`),
  stage: (_stack: string, api: string) =>
    remove("apigateway", `/restapis/${api}/stages/v1`),
  "REST API": (_stack: string, api: string) =>
    remove("apigateway", `/restapis/${api}`),
};

const ask = async (run: Run) => [
  (await rig.call(run, "/a")).status,
  (await rig.call(run, "/a", token)).status,
];

const said = ({ stderr, stdout }: Run) => stdout + stderr;

/** What makes it again, and what callers are answered without it. */
const rows = [
  ["function", "CreateFunction", 500],
  ["stage", "CreateStage", 403],
  ["REST API", "CreateRestApi", 403],
] as const;

test.concurrent.each(rows)(
  "the %s is made again by an `up` that changes nothing, which its proof tells",
  async (what, made, without) => {
    const stack = what.replace(" ", "-").toLowerCase();
    const first = await rig.up(stack, { inputs });
    const api = first.outputs["api-id"] ?? "";
    expect(await ask(first)).toEqual([401, 200]);
    await deletions[what](stack, api);
    expect((await rig.call(first, "/a")).status).toBe(without);
    const again = await rig.up(stack, { inputs });
    expect(said(again)).toContain("everything is read anew");
    expect(said(again)).not.toMatch(/GATE IS (OPEN|NOT CLOSED)/);
    expect(operationsOf(again)).toContain(made);
    expect(again.outputs["changed"]).toBe("true");
    expect(await ask(again)).toEqual([401, 200]);
    // Without its id there is another URL.
    expect(again.outputs["api-id"] === api).toBe(what !== "REST API");
    expect(restOf(await rig.run("up", stack, { inputs }))).toEqual(rest);
  },
);

test.concurrent.each(rows)(
  "the %s is made again by an `up` that would change it",
  async (what, made) => {
    const stack = `${what.replace(" ", "-").toLowerCase()}-2`;
    const first = await rig.up(stack, { inputs });
    await deletions[what](stack, first.outputs["api-id"] ?? "");
    const changed = {
      inputs: { ...inputs, methods: "POST, PUT", tokens: two },
    };
    const again = await rig.up(stack, changed);
    expect(said(again)).toContain(
      "Something of the gate is not there any more",
    );
    expect(operationsOf(again)).toContain(made);
    expect(await ask(again)).toEqual([401, 200]);
    expect(restOf(await rig.run("up", stack, changed))).toEqual(rest);
  },
);

test.concurrent(
  "an `up` that changes something else says what is not there, and the next one makes it",
  async () => {
    const name = "other";
    const first = await rig.up(name, { inputs });
    await deletions.stage(name, first.outputs["api-id"] ?? "");
    const changed = { inputs: { ...inputs, tokens: two } };
    const red = await rig.run("up", name, changed);
    expect(red.outputs).toMatchObject({
      ready: "false",
      "failure-reason": "gate-broken",
    });
    const errors = red.annotations.filter(({ level }) => level === "error");
    expect(errors.map(({ message }) => message)).toEqual([
      expect.stringMatching(
        /^The gate does not work\. .* NOT PROVED that the gate is closed: the stage does not answer\./,
      ),
    ]);
    expect(await ask(await rig.up(name, changed))).toEqual([401, 200]);
  },
);

test.concurrent(
  "an `up` that may do only what its preview showed makes nothing again, and says what to do",
  async () => {
    const name = "limited";
    const removeApi = async (run: Run) =>
      deletions["REST API"](name, run.outputs["api-id"] ?? "");
    const expectRed = async (input: string, more: object) => {
      const red = await rig.run("up", name, { inputs: { ...inputs, ...more } });
      expect(red.outputs["ready"]).toBe("false");
      expect(operationsOf(red)).not.toContain("CreateRestApi");
      const start = `${input}: this run makes nothing that its preview did not show. `;
      const said = red.annotations.map(({ message }) => message);
      expect(said.filter((one) => one.startsWith(start))).toHaveLength(1);
    };
    await removeApi(await rig.up(name, { inputs }));
    await expectRed("expect-no-changes", { "expect-no-changes": "true" });
    const healed = await rig.up(name, { inputs });
    expect(await ask(healed)).toEqual([401, 200]);
    expect(healed.summary).toMatch(
      /URL has changed, because the RestApi is made/,
    );
    expect(healed.summary).toMatch(
      /#### Warnings\n\n- Before everything was read anew, the proof of this run had failed/,
    );
    await removeApi(healed);
    const changed = { "fail-on": "url-change", methods: "POST, PUT" };
    await expectRed("fail-on", changed);
  },
);
