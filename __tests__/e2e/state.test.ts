// The place of the state: a KMS key in place of the passphrase, and a repository that was renamed, with the real engine. The commands of
// docs/state.md are in state-by-hand.test.ts.
import { mkdtempSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import {
  callAws,
  type Rig,
  type Run,
  startRig,
} from "../fixtures/action-rig.ts";
import type { RunOptions } from "../fixtures/runner.ts";

jest.setTimeout(240_000);

let rig: Rig;
beforeAll(async () => {
  rig = await startRig();
});
afterAll(() => rig.cloud.stop());

const gate: RunOptions = {
  inputs: {
    // The managed bucket.
    backend: "",
    path: "score",
    upstream: "https://upstream.example.com/echo",
    tokens: "team-a=team-a.0123456789abcdefghijklmnopqrstuvwxyz",
  },
  environment: { PULUMI_CONFIG_PASSPHRASE: "", GITHUB_REPOSITORY_ID: "77" },
};

const given = (
  inputs: Readonly<Record<string, string>>,
  environment: Readonly<Record<string, string>> = {},
): RunOptions => ({
  inputs: { ...gate.inputs, ...inputs },
  environment: { ...gate.environment, ...environment },
});

/** Of a run that goes on: the state and its key are not the gate's resources. */
const changesOf = ({ writes }: Run) =>
  writes.filter(({ service }) => !["kms", "s3"].includes(service));

const json = (operation: string, body: object) =>
  callAws(rig.cloud, {
    service: "kms",
    target: `TrentService.${operation}`,
    body,
  });

test("a state keeps the salt of its passphrase, whatever runs on it", async () => {
  const directory = mkdtempSync(path.join(rig.cloud.directory, "state-"));
  const at = { backend: `file://${directory}`, proof: "false" };
  const saltOf = async (upstream: string): Promise<unknown> => {
    const done = await rig.run("up", "salt", {
      inputs: { ...gate.inputs, ...at, upstream },
    });
    expect(done.code).toBe(0);
    const stacks = path.join(directory, ".pulumi/stacks");
    const [project = ""] = readdirSync(stacks);
    const text = readFileSync(path.join(stacks, project, "salt.json"), "utf8");
    const { checkpoint } = JSON.parse(text) as {
      checkpoint: { latest: { secrets_providers: { state: object } } };
    };
    return checkpoint.latest.secrets_providers.state;
  };
  const first = await saltOf("https://upstream.example.com/echo");
  expect(first).toEqual({ salt: expect.stringMatching(/^v1:/) as string });
  expect(await saltOf("https://upstream.example.com/other")).toEqual(first);
});

describe("secrets in the state are encrypted by a KMS key", () => {
  let provider: string;
  beforeAll(async () => {
    const { KeyMetadata } = (await json("CreateKey", {})) as {
      KeyMetadata: { KeyId: string };
    };
    provider = `awskms://${KeyMetadata.KeyId}?region=eu-west-1`;
  });
  const problem = (annotations: readonly { message: string }[]) =>
    annotations.map(({ message }) => message).join("\n");

  test("no passphrase is made, and a second up changes nothing", async () => {
    const options = given({ "secrets-provider": provider });
    await rig.up("kms", options);
    const parameters = rig.cloud.gateway.ledger.filter(
      ({ operation, service }) =>
        service === "ssm" && operation === "PutParameter",
    );
    expect(parameters).toEqual([]);
    const again = await rig.up("kms", options);
    expect(changesOf(again)).toEqual([]);
    expect(again.outputs["changed"]).toBe("false");
  });

  test("a run with the passphrase is refused, and so is one with a key where the state has the passphrase", async () => {
    const without = await rig.run("up", "kms", gate);
    expect(without.outputs["failure-reason"]).toBe("invalid-input");
    expect(problem(without.annotations)).toContain(
      `secrets-provider: the secrets of this stack are encrypted by ${provider}, not by the passphrase: give \`${provider}\``,
    );
    expect(without.writes).toEqual([]);
    await rig.up("plain", gate);
    const other = await rig.run(
      "up",
      "plain",
      given({ "secrets-provider": provider }),
    );
    expect(problem(other.annotations)).toContain(
      `are encrypted by passphrase, not by ${provider}: leave the input out`,
    );
    expect(other.writes).toEqual([]);
  });

  test.each(["kms", "plain"])(
    "`output` of %s needs no engine: nothing is fetched, and no secret decrypted",
    async (stack) => {
      const nowhere = mkdtempSync(path.join(rig.cloud.directory, "tools-"));
      const { annotations, outputs, stdout } = await rig.run("output", stack, {
        inputs:
          stack === "kms"
            ? { backend: "", "secrets-provider": provider }
            : { backend: "" },
        environment: { ...gate.environment, RUNNER_TOOL_CACHE: nowhere },
      });
      expect(problem(annotations)).not.toContain("engine");
      expect(outputs["base-url"]).toMatch(/^https:/);
      expect(stdout).not.toContain("fetching");
      expect(rig.cloud.proxy.refused()).toEqual([]);
      expect(readdirSync(nowhere)).toEqual([]);
    },
  );

  test("a key that is not there is one line", async () => {
    const missing = await rig.run(
      "up",
      "missing",
      given({ "secrets-provider": "awskms://alias/none?region=eu-west-1" }),
    );
    expect(missing.code).toBe(1);
    expect(missing.outputs["failure-reason"]).toBe("invalid-input");
    expect(missing.outputs["verdict"]).toMatch(
      /the key that secrets-provider names is not there/,
    );
  });
});

describe("a repository that was renamed", () => {
  const renamed = { GITHUB_REPOSITORY: "acme/renamed" };

  test("does not get a second gate, and keeps its own by the project's name", async () => {
    const first = await rig.up("kept", gate);
    const refused = await rig.run("up", "kept", given({}, renamed));
    expect(refused.outputs["failure-reason"]).toBe("invalid-input");
    expect(refused.annotations[0]?.message).toContain(
      "project: there is no stack kept of ai-gate.acme.renamed, but this repository has one of ai-gate.acme.app, from before it was renamed: set `project: ai-gate.acme.app`",
    );
    expect(refused.writes).toEqual([]);
    const kept = await rig.up(
      "kept",
      given({ project: "ai-gate.acme.app" }, renamed),
    );
    expect(kept.outputs["base-url"]).toBe(first.outputs["base-url"]);
    // The tag says who brought it up.
    expect(kept.outputs["create-count"]).toBe("0");
    expect(kept.outputs["replace-count"]).toBe("0");
    expect(kept.outputs["audience"]).toBe("ai-gate.acme.app/kept");
  });

  test("a preview warns, and another repository is not taken for it", async () => {
    const preview = await rig.run("preview", "kept", given({}, renamed));
    expect(preview.code).toBe(0);
    expect(preview.annotations.map(({ message }) => message).join()).toContain(
      "set `project: ai-gate.acme.app`",
    );
    const other = await rig.run(
      "preview",
      "kept",
      given({}, { ...renamed, GITHUB_REPOSITORY_ID: "78" }),
    );
    expect(
      other.annotations.filter(({ message }) => message.includes("renamed")),
    ).toEqual([]);
  });
});
