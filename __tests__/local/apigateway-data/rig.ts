// A deployed API made from a few parts, served by the data plane on loopback, with real backends to ask.

import { once } from "node:events";
import http from "node:http";
import type { AddressInfo } from "node:net";
import type {
  Collaborators,
  Invocation,
} from "../../../local/apigateway/data/collaborators.ts";
import { createDataPlane } from "../../../local/apigateway/data/data-plane.ts";
import type { DataPlane } from "../../../local/apigateway/data-plane.ts";
import type {
  ApiParts,
  ApiRecord,
  Authorizer,
  Integration,
  Method,
  Resource,
  Stage,
  Store,
} from "../../../local/apigateway/model.ts";

export const account = "123456789012";
export const region = "eu-west-1";
export const apiArn = `arn:aws:execute-api:${region}:${account}:api1/`;
export const functionArn = `arn:aws:lambda:${region}:${account}:function:decide`;
export const invocationUri = (arn: string) =>
  `arn:aws:apigateway:${region}:lambda:path/2015-03-31/functions/${arn}/invocations`;

export interface Answer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly rawHeaders: readonly string[];
  readonly body: string;
}

export interface Seen {
  readonly method: string;
  readonly url: string;
  readonly rawHeaders: readonly string[];
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

const opened: http.Server[] = [];

/** For `afterEach`. */
export async function closeAll(): Promise<void> {
  for (const server of opened.splice(0)) {
    server.closeAllConnections();
    server.close();
    await once(server, "close");
  }
}

export async function listen(handler: http.RequestListener): Promise<URL> {
  const server = http
    .createServer({ maxHeaderSize: 65_536 }, handler)
    .listen(0, "127.0.0.1");
  opened.push(server);
  await once(server, "listening");
  return new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
}

/** A backend that notes what it was asked and answers with `answer`, by default 200 `{"ok":true}`. */
export async function backend(
  answer?: http.RequestListener,
): Promise<{ url: string; seen: Seen[] }> {
  const seen: Seen[] = [];
  const url = await listen((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const { method = "", url: path = "", rawHeaders, headers } = request;
      seen.push({
        method,
        url: path,
        rawHeaders,
        headers,
        body: Buffer.concat(chunks).toString(),
      });
      if (answer) answer(request, response);
      else
        response
          .setHeader("content-type", "application/json")
          .end('{"ok":true}');
    });
  });
  return { url: url.origin, seen };
}

type Methods = Record<string, Partial<Method>>;
type Change = {
  parts?: Partial<ApiParts>;
  api?: Partial<ApiParts["api"]>;
  stage?: Partial<Stage>;
  store?: Partial<Store>;
};

export const mock = (more: Partial<Integration> = {}): Partial<Method> => ({
  methodResponses: { "200": { statusCode: "200" } },
  methodIntegration: integration("MOCK", {
    requestTemplates: { "application/json": '{"statusCode": 200}' },
    integrationResponses: { "200": { statusCode: "200" } },
    ...more,
  }),
});

export function integration(
  type: Integration["type"],
  more: Partial<Integration> = {},
): Integration {
  return {
    type,
    passthroughBehavior: "WHEN_NO_MATCH",
    timeoutInMillis: 29_000,
    cacheNamespace: "r",
    cacheKeyParameters: [],
    ...more,
  };
}

export const custom = { authorizationType: "CUSTOM", authorizerId: "auth1" };

export const tokenAuthorizer = (
  more: Partial<Authorizer> = {},
): Map<string, Authorizer> =>
  new Map([
    [
      "auth1",
      {
        id: "auth1",
        name: "token",
        type: "TOKEN",
        authType: "custom",
        authorizerUri: invocationUri(functionArn),
        identitySource: "method.request.header.Authorization",
        ...more,
      },
    ],
  ]);

/** Resources with their methods, parents left out: routing goes by path alone. */
export function resources(
  paths: Record<string, Methods>,
): Map<string, Resource> {
  return new Map(
    Object.entries(paths).map(([path, methods], index) => [
      `r${index}`,
      {
        id: `r${index}`,
        path,
        methods: new Map(
          Object.entries(methods).map(([httpMethod, method]) => [
            httpMethod,
            {
              httpMethod,
              authorizationType: "NONE",
              apiKeyRequired: false,
              ...method,
            },
          ]),
        ),
      },
    ]),
  );
}

export function record(
  paths: Record<string, Methods>,
  change: Change = {},
): { record: ApiRecord; stage: Stage; store: Store } {
  const snapshot: ApiParts = {
    api: {
      id: "api1",
      name: "gate",
      createdDate: 0,
      apiKeySource: "HEADER",
      disableExecuteApiEndpoint: false,
      endpointConfiguration: { types: ["REGIONAL"], ipAddressType: "ipv4" },
      rootResourceId: "r0",
      ...change.api,
    },
    resources: resources(paths),
    authorizers: new Map(),
    gatewayResponses: new Map(),
    validators: new Map(),
    models: new Map(),
    ...change.parts,
  };
  const stage: Stage = {
    stageName: "v1",
    deploymentId: "d1",
    cacheClusterEnabled: false,
    cacheClusterStatus: "NOT_AVAILABLE",
    methodSettings: {},
    tracingEnabled: false,
    createdDate: 0,
    lastUpdatedDate: 0,
    ...change.stage,
  };
  const deployments = new Map([["d1", { id: "d1", createdDate: 0, snapshot }]]);
  const live = { ...snapshot, resources: new Map() };
  const api: ApiRecord = {
    region,
    account,
    parts: live,
    deployments,
    stages: new Map([["v1", stage]]),
  };
  const store = {
    apis: new Map([["api1", api]]),
    usagePlans: new Map(),
    apiKeys: new Map(),
    planKeys: new Map(),
    ...change.store,
  };
  return { record: api, stage, store };
}

export interface Served {
  readonly plane: DataPlane;
  /** `path` starts with the stage: `/v1/…`. */
  readonly ask: (
    method: string,
    path: string,
    sent?: Parameters<typeof send>[3],
  ) => Promise<Answer>;
  readonly events: { arn: string; event: unknown }[];
  readonly log: string[];
  readonly url: URL;
}

/** Serves what `record` made; the front does what it does on AWS: `/stage/…`, leading double slashes ignored. */
export async function serve(
  made: ReturnType<typeof record>,
  collaborators: Partial<Collaborators> & {
    decide?: (event: never) => Invocation;
  } = {},
): Promise<Served> {
  const events: Served["events"] = [];
  const log: string[] = [];
  const plane = createDataPlane({
    invokeFunction: (arn, event) => {
      events.push({ arn, event });
      const decide = collaborators.decide as
        ((event: unknown) => Invocation) | undefined;
      return decide
        ? Promise.resolve(decide(event))
        : Promise.reject(new Error("no function"));
    },
    now: () => 1_700_000_000_000,
    log: (line) => log.push(line),
    ...collaborators,
  });
  const url = await listen((request, response) => {
    const [target = "", query = ""] = splitOnce(
      (request.url ?? "").replace(/^\/+/, "/"),
      "?",
    );
    const [, stageName = "", path = "/"] =
      /^\/([^/]*)(\/.*)?$/.exec(target) ?? [];
    const stage = made.record.stages.get(stageName);
    void plane.handle(request, response, {
      ...made,
      stage,
      stageName,
      path,
      query,
    });
  });
  return {
    plane,
    events,
    log,
    url,
    ask: (method, path, sent) => send(url, method, path, sent ?? {}),
  };
}

export function send(
  url: URL,
  method: string,
  path: string,
  {
    headers = {},
    body,
  }: {
    /** A flat list is sent as it is: repeats and letter case are kept, and nothing is added, Host included. */
    headers?: http.OutgoingHttpHeaders | readonly string[];
    body?: string | Buffer;
  },
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = http.request(
      url,
      { method, path, headers, agent: false },
      (message) => {
        const chunks: Buffer[] = [];
        message.on("data", (chunk: Buffer) => chunks.push(chunk));
        message.on("error", reject);
        message.on("end", () =>
          resolve({
            status: message.statusCode ?? 0,
            headers: message.headers,
            rawHeaders: message.rawHeaders,
            body: Buffer.concat(chunks).toString(),
          }),
        );
      },
    );
    request.on("error", reject);
    request.end(body);
  });
}

/** A function's result that allows `resources`, given as what follows `…/v1/`. */
export function allowing(
  suffixes: readonly string[],
  more: Record<string, unknown> = {},
): Invocation {
  return {
    payload: {
      principalId: "team-a",
      policyDocument: {
        Version: "2012-10-17",
        Statement: [
          {
            Effect: "Allow",
            Action: "execute-api:Invoke",
            Resource: suffixes.map((suffix) => `${apiArn}v1/${suffix}`),
          },
        ],
      },
      ...more,
    },
  };
}

function splitOnce(text: string, by: string): string[] {
  const at = text.indexOf(by);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}
