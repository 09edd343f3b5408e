// Lambda: functions whose code comes with the program.
import { restCall, type Cloud } from "../aws/cloud.ts";
import { unlessGone } from "../aws/error.ts";
import { zipOf } from "../archive.ts";
import type { ResourceType } from "../resource.ts";
import { present, textOf, type Properties } from "../values.ts";
import { change, functionPath, waitUntilReady } from "./lambda-calls.ts";
import { functionOutputs } from "./lambda-outputs.ts";
import { configuration, SETTINGS } from "./lambda-settings.ts";

async function createFunction(cloud: Cloud, inputs: Properties): Promise<void> {
  const bytes = await zipOf(inputs["code"]);
  const { architectures, packageType, publish, tags } = inputs;
  const given = SETTINGS.filter((name) => inputs[name] !== undefined);
  const body = {
    ...present({ Architectures: architectures, PackageType: packageType }),
    ...present({ Tags: tags, Publish: publish === true ? true : undefined }),
    ...configuration(inputs, ["description", ...given]),
    Code: { ZipFile: bytes.toString("base64") },
    FunctionName: textOf(inputs, "name"),
  };
  const path = "/2015-03-31/functions";
  await change(cloud, {
    operation: "CreateFunction",
    method: "POST",
    path,
    body,
  });
}

async function updateSettings(
  cloud: Cloud,
  name: string,
  body: Properties,
): Promise<void> {
  const operation = "UpdateFunctionConfiguration";
  const path = functionPath(name, "/configuration");
  await change(cloud, { operation, method: "PUT", path, body });
  await waitUntilReady(cloud, name);
}

async function updateCode(
  cloud: Cloud,
  name: string,
  inputs: Properties,
  changed: ReadonlySet<string>,
): Promise<void> {
  const bytes = await zipOf(inputs["code"]);
  const Architectures = changed.has("architectures")
    ? (inputs["architectures"] ?? ["x86_64"])
    : undefined;
  const body = present({ Architectures, ZipFile: bytes.toString("base64") });
  const path = functionPath(name, "/code");
  const operation = "UpdateFunctionCode";
  await change(cloud, { operation, method: "PUT", path, body });
  await waitUntilReady(cloud, name);
}

async function reserve(
  cloud: Cloud,
  name: string,
  inputs: Properties,
): Promise<void> {
  const path = `/2017-10-31/functions/${encodeURIComponent(name)}/concurrency`;
  const limit = Number(inputs["reservedConcurrentExecutions"] ?? -1);
  const body = { ReservedConcurrentExecutions: limit };
  if (limit >= 0) {
    const operation = "PutFunctionConcurrency";
    await change(cloud, { operation, method: "PUT", path, body });
  } else {
    const operation = "DeleteFunctionConcurrency";
    await restCall(cloud, {
      ...{ service: "lambda", operation },
      ...{ method: "DELETE", path },
    });
  }
}

const COMPUTED = [
  ...["arn", "codeSha256", "invokeArn", "lastModified", "qualifiedArn"],
  ...["qualifiedInvokeArn", "responseStreamingInvokeArn", "sourceCodeSize"],
  "version",
];

export const lambdaFunction: ResourceType = {
  label: "Lambda Function",
  inputs: {
    architectures: { computed: true },
    code: {},
    description: {},
    environment: {},
    ephemeralStorage: { computed: true },
    handler: {},
    kmsKeyArn: {},
    layers: {},
    loggingConfig: { computed: true },
    memorySize: { default: 128 },
    name: { replaces: true },
    packageType: { replaces: true, default: "Zip" },
    publish: { default: false },
    reservedConcurrentExecutions: { default: -1 },
    role: {},
    runtime: {},
    skipDestroy: { default: false },
    sourceCodeHash: { computed: true, unread: true },
    tags: { free: true },
    timeout: { default: 3 },
    tracingConfig: { computed: true },
  },
  computed: COMPUTED,
  alters: { code: ["lastModified"], sourceCodeHash: ["lastModified"] },
  autoname: { property: "name", longest: 64 },
  create: async (cloud, inputs, created) => {
    const name = textOf(inputs, "name");
    await createFunction(cloud, inputs);
    created(name);
    await waitUntilReady(cloud, name);
    const isReserved = Number(inputs["reservedConcurrentExecutions"]) >= 0;
    if (isReserved) await reserve(cloud, name, inputs);
  },
  read: async (cloud, id) => {
    const call = { operation: "GetFunction", method: "GET" } as const;
    const path = functionPath(id);
    const answer = await unlessGone(
      restCall(cloud, { service: "lambda", ...call, path }),
    );
    return answer && functionOutputs(cloud, answer);
  },
  update: async (cloud, { id, inputs, changed }) => {
    const settings = SETTINGS.filter((name) => changed.has(name));
    if (settings.length > 0)
      await updateSettings(cloud, id, configuration(inputs, settings));
    const isNewCode = ["code", "sourceCodeHash", "architectures"].some((name) =>
      changed.has(name),
    );
    if (isNewCode) await updateCode(cloud, id, inputs, changed);
    if (changed.has("reservedConcurrentExecutions"))
      await reserve(cloud, id, inputs);
    if (inputs["publish"] !== true) return;
    const path = functionPath(id, "/versions");
    const operation = "PublishVersion";
    await change(cloud, { operation, method: "POST", path, body: {} });
  },
  delete: async (cloud, id, state) => {
    if (state["skipDestroy"] === true) return;
    const call = { operation: "DeleteFunction", method: "DELETE" } as const;
    const path = functionPath(id);
    await unlessGone(restCall(cloud, { service: "lambda", ...call, path }));
  },
  tagging: {
    add: (cloud, state, Tags) => {
      const call = { operation: "TagResource", method: "POST" } as const;
      return change(cloud, { ...call, path: tagPath(state), body: { Tags } });
    },
    remove: (cloud, state, keys) => {
      const query = keys.map((key) => `tagKeys=${encodeURIComponent(key)}`);
      const path = `${tagPath(state)}?${query.join("&")}`;
      const call = { operation: "UntagResource", method: "DELETE" } as const;
      return restCall(cloud, { service: "lambda", ...call, path });
    },
  },
};

function tagPath(state: Properties): string {
  return `/2017-03-31/tags/${encodeURIComponent(textOf(state, "arn"))}`;
}
