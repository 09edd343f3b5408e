// The stand-in as the engine's plugin: a gate is made, kept, changed, repaired and removed by the real Pulumi CLI.
import { readFile } from "node:fs/promises";
import path from "node:path";
import type { EngineEvent } from "@pulumi/pulumi/automation";
import { writePluginLauncher } from "../../../../local/provider/launcher.ts";
import {
  gateProgram,
  KEY_VALUE,
  usual,
  type Parameters,
} from "../../../fixtures/provider-program.ts";
import {
  changesOf,
  startRig,
  stepsOf,
  writesOf,
  type Rig,
} from "../../../fixtures/provider-rig.ts";

describe("the plugin", () => {
  const parameters: Parameters = { ...usual };
  let rig: Rig;
  let events: EngineEvent[] = [];
  const onEvent = (event: EngineEvent): void => void events.push(event);
  const mark = (): { steps: () => string[]; writes: () => string[] } => {
    events = [];
    const before = rig.gateway.ledger.length;
    return {
      steps: () => stepsOf(events).toSorted(),
      writes: () => writesOf(rig.gateway.ledger.slice(before)),
    };
  };

  beforeAll(async () => {
    rig = await startRig({
      program: gateProgram(parameters),
      plugin: (folder) => writePluginLauncher(folder, process.execPath),
    });
  }, 60_000);
  afterAll(() => rig.stop());

  test("a preview writes nothing and knows what it cannot know", async () => {
    const { writes } = mark();
    const { changeSummary } = await rig.stack.preview({ onEvent });
    expect(changeSummary).toEqual({ create: 19 });
    expect(writes()).toEqual([]);
  }, 60_000);

  test("up makes everything", async () => {
    await rig.stack.up({ onEvent });
    const outputs = await rig.outputs();
    const id = outputs["id"]!.value as string;
    expect(outputs["invokeUrl"]!.value).toBe(
      `https://${id}.execute-api.us-east-1.amazonaws.com/v1`,
    );
    expect(outputs["executionArn"]!.value).toBe(
      `arn:aws:execute-api:us-east-1:000000000000:${id}`,
    );
    expect(outputs["invokeArn"]!.value).toBe(
      "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:000000000000:function:gate-dev-authorizer/invocations",
    );
    expect(rig.gateway.store.apis.get(id)?.parts.api.name).toBe("gate-dev");
  }, 60_000);

  test("secrets stay secret in the state", async () => {
    const file = "state/.pulumi/stacks/gate/dev.json";
    const state = await readFile(path.join(rig.directory, file), "utf8");
    expect(state).toContain("aws:apigateway/apiKey:ApiKey");
    expect(state).not.toContain(KEY_VALUE);
  }, 60_000);

  test("a second up does nothing", async () => {
    const { steps, writes } = mark();
    await rig.stack.up({ onEvent });
    expect(steps()).toEqual([]);
    expect(writes()).toEqual([]);
  }, 60_000);

  test("a refresh finds nothing that changed", async () => {
    mark();
    await rig.stack.refresh({ onEvent });
    expect(changesOf(events)).toEqual({ same: 19 });
    const { steps } = mark();
    await rig.stack.preview({ onEvent });
    expect(steps()).toEqual([]);
  }, 60_000);

  test("a route removed: import, new snapshot, stage moved, nothing else", async () => {
    parameters.routes = ["/a"];
    const { steps, writes } = mark();
    await rig.stack.up({ onEvent });
    expect(steps()).toEqual([
      "create-replacement Deployment",
      "delete-replaced Deployment",
      "replace Deployment",
      "update RestApi",
      "update Stage",
    ]);
    expect(writes()).toEqual([
      "apigateway CreateDeployment",
      "apigateway DeleteDeployment",
      "apigateway PutRestApi",
      "apigateway UpdateRestApi",
      "apigateway UpdateStage",
    ]);
  }, 60_000);

  const settings = () => {
    const [record] = rig.gateway.store.apis.values();
    const [stage] = record!.stages.values();
    return stage!.methodSettings;
  };

  test("what was deleted by hand is found gone and made again", async () => {
    delete settings()["*/*"];
    await rig.stack.refresh({ onEvent });
    const { steps } = mark();
    await rig.stack.up({ onEvent });
    // The import of the step before removed the gateway response, which is no part of the document.
    expect(steps()).toEqual(["create MethodSettings", "update Response"]);
  }, 60_000);

  test("what was changed by hand is put back", async () => {
    settings()["*/*"]!.throttlingRateLimit = 1;
    await rig.stack.refresh({ onEvent });
    const { steps } = mark();
    await rig.stack.up({ onEvent });
    expect(steps()).toEqual(["update MethodSettings"]);
    expect(settings()["*/*"]!.throttlingRateLimit).toBe(100);
  }, 60_000);

  test("a diff names the property, and what it replaces", async () => {
    parameters.tags = { ...usual.tags, owner: "b" };
    parameters.stageName = "v2";
    mark();
    await rig.stack.preview({ onEvent });
    const diff = (type: string): unknown =>
      events.find(({ resourcePreEvent }) =>
        resourcePreEvent?.metadata.type.endsWith(`:${type}`),
      )?.resourcePreEvent?.metadata.detailedDiff;
    expect(diff("Role")).toEqual({
      "tags.owner": { diffKind: "add", inputDiff: true },
      tagsAll: { diffKind: "update", inputDiff: false },
    });
    expect(diff("Stage")).toMatchObject({
      stageName: { diffKind: "update-replace", inputDiff: true },
    });
    parameters.tags = usual.tags;
    parameters.stageName = "v1";
  }, 60_000);

  test("AWS's refusal arrives in one line; a half-made API is kept and finished", async () => {
    parameters.description = "other";
    const refused = { service: "apigateway", operation: "UpdateRestApi" };
    rig.gateway.failNext({
      ...refused,
      status: 403,
      errorType: "AccessDeniedException",
      message: "User is not authorized",
    });
    mark();
    await expect(rig.stack.up({ onEvent })).rejects.toThrow(
      /updating API Gateway REST API \(gate-dev\): operation error API Gateway: UpdateRestApi, https response error StatusCode: 403, RequestID: \S*, api error AccessDeniedException: User is not authorized/,
    );
    const { steps } = mark();
    await rig.stack.up({ onEvent });
    expect(steps()).toEqual(["update RestApi"]);
  }, 60_000);

  test("destroy leaves nothing", async () => {
    mark();
    await rig.stack.destroy({ onEvent });
    expect(changesOf(events)).toEqual({ delete: 19 });
    expect(rig.gateway.store.apis.size).toBe(0);
  }, 60_000);

  test("an import that fails leaves an API that the next up finishes", async () => {
    rig.gateway.failNext({
      service: "apigateway",
      operation: "PutRestApi",
      status: 400,
      errorType: "BadRequestException",
      message: "Unable to parse",
    });
    await expect(rig.stack.up({ onEvent })).rejects.toThrow(
      /creating API Gateway REST API \(gate-dev\): .*PutRestApi.*BadRequestException: Unable to parse/,
    );
    expect(rig.gateway.store.apis.size).toBe(1);
    const { writes } = mark();
    await rig.stack.up({ onEvent });
    expect(rig.gateway.store.apis.size).toBe(1);
    expect(writes()).toContain("apigateway PutRestApi");
    expect(writes()).not.toContain("apigateway CreateRestApi");
    await rig.stack.destroy();
  }, 90_000);

  test("without credentials nothing is tried", async () => {
    rig.stack.workspace.envVars["AWS_SECRET_ACCESS_KEY"] = "";
    const { writes } = mark();
    await expect(rig.stack.up({ onEvent })).rejects.toThrow(
      /No valid credential sources found/,
    );
    expect(writes()).toEqual([]);
  }, 60_000);
});
