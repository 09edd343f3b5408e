// How each open question is put to the account.
import {
  CreateApiKeyCommand,
  CreateUsagePlanCommand,
  CreateUsagePlanKeyCommand,
  DeleteApiKeyCommand,
  DeleteUsagePlanCommand,
  UpdateUsagePlanCommand,
} from "@aws-sdk/client-api-gateway";
import {
  CreateBucketCommand,
  DeleteBucketCommand,
  PutBucketPolicyCommand,
  PutBucketVersioningCommand,
} from "@aws-sdk/client-s3";
import { AssumeRoleCommand } from "@aws-sdk/client-sts";
import {
  type Answer,
  ask,
  AwsRefusal,
  type Credentials,
  pause,
  refusals,
} from "./account.ts";
import { type Echo, type Echoed, makeFunction, makeRole } from "./echo.ts";
import type { QuestionId } from "./questions.ts";
import type { Scratch } from "./scratch.ts";

/** What questions are put to. */
export interface Asked {
  readonly scratch: Scratch;
  readonly echo: Echo;
  readonly gate: { readonly url: string; readonly token: string };
}

const shown = ({ body, status }: Answer): string =>
  `it answered ${status} ${body.slice(0, 200)}`;

/** Status and, of the gate's own errors, their type. */
function outcome({ headers, status }: Answer): string {
  const error = String(headers["x-ai-gate-error"] ?? "").split(" ")[0] ?? "";
  return error === "" ? String(status) : `${status} ${error}`;
}

interface Call {
  readonly method?: string;
  readonly headers?: readonly string[];
  readonly body?: Buffer;
  readonly anonymous?: true;
}

function askGate(
  { gate, scratch }: Asked,
  path: string,
  { anonymous, body, headers = [], method = "GET" }: Call = {},
): Promise<Answer> {
  const credential = anonymous ? [] : ["Authorization", `Bearer ${gate.token}`];
  return ask(scratch.account, method, gate.url + path, {
    headers: [...credential, ...headers],
    ...(body && { body }),
  });
}

function echoed(answer: Answer): Echoed {
  if (answer.status !== 200) throw new Error(shown(answer));
  return JSON.parse(answer.body) as Echoed;
}

const bytes = Buffer.from([0x80, 0xff, 0x00, 0x41]);

export const probes: Readonly<
  Record<QuestionId, (asked: Asked) => Promise<string>>
> = {
  "header-sources": async ({ echo, scratch }) => {
    const answer = await ask(scratch.account, "GET", `${echo.url}/case`, {
      headers: ["x-case", "seen"],
    });
    if (answer.status !== 200) throw new Error(shown(answer));
    return answer.body.includes("seen")
      ? "names have no case"
      : "names have case";
  },
  "header-targets": async (asked) => {
    // The gate maps `x-api-key`.
    const headers = ["X-API-KEY", "sent"];
    const seen = echoed(await askGate(asked, "/echo/x", { headers }));
    const values = (seen.headers["x-api-key"] ?? []).join();
    return values.includes("sent") ? "sent beside" : "replaced";
  },
  "path-values": async (asked) => {
    const { path } = echoed(await askGate(asked, "/echo/a%2Fb"));
    return /%2f/i.test(path) ? "kept" : "decoded and quoted again";
  },
  "unknown-path": async (asked) =>
    outcome(await askGate(asked, "/ai-gate-verify-nowhere")),
  "empty-segments": async (asked) =>
    outcome(await askGate(asked, "/plain//here")) === "403 ACCESS_DENIED"
      ? "they do not"
      : "they count",
  "method-override": async (asked) => {
    const headers = ["X-HTTP-Method-Override", "DELETE"];
    const direct = echoed(
      await ask(asked.scratch.account, "GET", `${asked.echo.url}/echo/x`, {
        headers,
      }),
    );
    if (direct.method === "GET") return "never";
    const answer = await askGate(asked, "/echo/x", { headers });
    return outcome(answer) === "200"
      ? "before the authorizer is asked"
      : "after the authorizer was asked";
  },
  "undeclared-bodies": async (asked) => {
    const headers = ["Content-Type", "application/x-ai-gate-verify"];
    const call = { method: "POST", headers, body: bytes };
    const { body } = echoed(await askGate(asked, "/echo/x", call));
    return Buffer.from(body, "base64").equals(bytes)
      ? "passed as they are"
      : "corrupted";
  },
  "content-coding": async (asked) => {
    const headers = ["Content-Encoding", "zstd", "Content-Type", "text/plain"];
    const call = {
      method: "POST",
      headers,
      body: bytes,
      anonymous: true,
    } as const;
    const { status } = await askGate(asked, "/echo/x", call);
    return status === 415
      ? "before the authorizer is asked"
      : "after the authorizer was asked";
  },
  "repeated-keys": async (asked) => {
    const body = Buffer.from('{"model":"not-allowed","model":"allowed"}');
    const headers = ["Content-Type", "application/json"];
    const call = { method: "POST", headers, body };
    const answer = await askGate(asked, "/model", call);
    return answer.status === 200 ? "last" : "first";
  },
  "malformed-urls": async (asked) => {
    const answer = await askGate(asked, "/echo/100%");
    return answer.status === 400 ? "refused with 400" : "let through";
  },
  "answer-names": async ({ echo, scratch }) => {
    const { headers } = await ask(scratch.account, "GET", `${echo.url}/echo/x`);
    return headers["x-amzn-remapped-proxy-authenticate"] === undefined
      ? "dropped"
      : "renamed";
  },
  "key-delay": keyDelay,
  "new-bucket": async ({ scratch }) => attempts(await newBucket(scratch)),
  "new-role": async ({ scratch }) => {
    const name = unique(scratch, "role");
    const role = await makeRole(scratch, name);
    return attempts((await makeFunction(scratch, name, role)).refused);
  },
  "log-groups": logGroups,
};

let made = 0;
/** Questions may be put again. */
const unique = ({ prefix }: Scratch, what: string): string =>
  `${prefix}-${what}-${(made += 1)}`;

const attempts = (refused: number): string =>
  refused === 0
    ? "at the first attempt"
    : `after ${refused} ${refused === 1 ? "refusal" : "refusals"}`;

async function newBucket(scratch: Scratch): Promise<number> {
  const { account, remove } = scratch;
  const { region, s3 } = account;
  const at = { Bucket: unique(scratch, "bucket") };
  remove(`the bucket ${at.Bucket}`, () => s3.send(new DeleteBucketCommand(at)));
  await s3.send(
    new CreateBucketCommand({
      ...at,
      ...(region !== "us-east-1" && {
        CreateBucketConfiguration: { LocationConstraint: region as never },
      }),
    }),
  );
  const isConflict = ({ name }: Error): boolean =>
    /OperationAborted|NoSuchBucket/.test(name);
  const VersioningConfiguration = { Status: "Enabled" } as const;
  const Policy = JSON.stringify({
    Version: "2012-10-17",
    Statement: [
      {
        Effect: "Deny",
        Principal: "*",
        Action: "s3:*",
        Resource: [`arn:*:s3:::${at.Bucket}/*`].map((arn) =>
          arn.replace("*", partition(region)),
        ),
        Condition: { Bool: { "aws:SecureTransport": "false" } },
      },
    ],
  });
  const policy = await refusals(
    () => s3.send(new PutBucketPolicyCommand({ ...at, Policy })),
    isConflict,
  );
  const versioning = await refusals(
    () =>
      s3.send(
        new PutBucketVersioningCommand({ ...at, VersioningConfiguration }),
      ),
    isConflict,
  );
  return policy + versioning;
}

const partition = (region: string): string =>
  /^(cn|us-gov)-/.test(region)
    ? `aws-${region.replace(/^(cn|us-gov)-.*/, "$1")}`
    : "aws";

async function keyDelay({ echo, scratch }: Asked): Promise<string> {
  const { account, remove } = scratch;
  const { apiGateway } = account;
  const name = unique(scratch, "key");
  const stage = { apiId: echo.apiId, stage: "v1" };
  const { id: apiKey, value = "" } = await apiGateway.send(
    new CreateApiKeyCommand({ name, enabled: true }),
  );
  remove(`the key ${name}`, () =>
    apiGateway.send(new DeleteApiKeyCommand({ apiKey })),
  );
  const { id: usagePlanId } = await apiGateway.send(
    new CreateUsagePlanCommand({ name, apiStages: [stage] }),
  );
  remove(`the plan ${name}`, async () => {
    const value = `${stage.apiId}:${stage.stage}`;
    const patchOperations = [
      { op: "remove", path: "/apiStages", value },
    ] as const;
    await apiGateway.send(
      new UpdateUsagePlanCommand({
        usagePlanId,
        patchOperations: [...patchOperations],
      }),
    );
    await apiGateway.send(new DeleteUsagePlanCommand({ usagePlanId }));
  });
  await apiGateway.send(
    new CreateUsagePlanKeyCommand({
      usagePlanId,
      keyId: apiKey,
      keyType: "API_KEY",
    }),
  );
  const started = Date.now();
  const sent = { headers: ["x-api-key", value] };
  for (;;) {
    const seconds = Math.round((Date.now() - started) / 1000);
    const { status } = await ask(account, "GET", `${echo.url}/keyed`, sent);
    if (status === 200) return seconds < 2 ? "at once" : `after ${seconds} s`;
    if (seconds > 300) return "not within 300 s";
    await pause(1000);
  }
}

async function logGroups({ scratch }: Asked): Promise<string> {
  const { account, prefix } = scratch;
  const { region } = account;
  const group = `/aws/lambda/${prefix}`;
  const role = await makeRole(scratch, unique(scratch, "logs"), {
    Version: "2012-10-17",
    Statement: [
      {
        Effect: "Allow",
        Action: "logs:DescribeLogGroups",
        Resource: `arn:${partition(region)}:logs:${region}:*:log-group:${group}*`,
      },
    ],
  });
  let session: Credentials | undefined;
  // A new role is not known everywhere at once.
  await refusals(
    async () => {
      const { Credentials: given } = await account.sts.send(
        new AssumeRoleCommand({ RoleArn: role.arn, RoleSessionName: "verify" }),
      );
      session = {
        accessKeyId: given?.AccessKeyId ?? "",
        secretAccessKey: given?.SecretAccessKey ?? "",
        sessionToken: given?.SessionToken ?? "",
      };
    },
    ({ name }) => name === "AccessDenied",
    { times: 15 },
  );
  if (!session) throw new Error("no session");
  try {
    await account.describeLogGroups(group, session);
    return "allowed";
  } catch (error) {
    if (error instanceof AwsRefusal && /AccessDenied/.test(error.message))
      return "denied";
    throw error;
  }
}
