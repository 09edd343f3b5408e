import type { GatewayResponse } from "../../../../local/apigateway/model.ts";
import {
  allowing,
  closeAll,
  custom,
  mock,
  record,
  serve,
  tokenAuthorizer,
} from "../../../fixtures/data-plane.ts";

afterEach(closeAll);

const json = (template: string) => ({ "application/json": template });

function responses(
  defined: Record<string, Partial<GatewayResponse>>,
): Map<string, GatewayResponse> {
  const full = ([responseType, more]: [string, Partial<GatewayResponse>]) => {
    const templates = { responseParameters: {}, responseTemplates: {} };
    const response = { responseType, ...templates, defaultResponse: false };
    return [responseType, { ...response, ...more }] as const;
  };
  return new Map(Object.entries(defined).map(full));
}

async function gate(
  defined: Record<string, Partial<GatewayResponse>>,
  decide = () => allowing([], { context: { reason: "why" } }),
) {
  const parts = {
    authorizers: tokenAuthorizer(),
    gatewayResponses: responses(defined),
  };
  const made = record({ "/a": { GET: { ...mock(), ...custom } } }, { parts });
  return serve(made, { decide });
}

const token = { headers: { Authorization: "t", "X-Sent": "s" } };

test("the headers of every error, REGIONAL (conformance §4.2)", async () => {
  const { ask } = await gate({});
  const { headers, rawHeaders } = await ask("GET", "/v1/nope", {
    headers: { connection: "close" },
  });
  expect(Object.keys(headers).sort()).toEqual([
    "connection",
    "content-length",
    "content-type",
    "date",
    "x-amz-apigw-id",
    "x-amzn-errortype",
    "x-amzn-requestid",
  ]);
  expect(headers).toMatchObject({
    connection: "close",
    "content-type": "application/json",
  });
  expect(rawHeaders).toEqual(
    expect.arrayContaining([
      "x-amzn-RequestId",
      "x-amz-apigw-id",
      "x-amzn-ErrorType",
    ]),
  );
});

describe("customised", () => {
  const missing = "Missing Authentication Token";
  test("the status", async () => {
    const { ask } = await gate({
      MISSING_AUTHENTICATION_TOKEN: { statusCode: "404" },
    });
    expect(await ask("GET", "/v1/nope")).toMatchObject({
      status: 404,
      body: `{"message":"${missing}"}`,
    });
  });

  // The authorizer said nothing here, unknown values render nothing, and there is no VTL.
  test.each([
    ['{"e":$context.error.messageString}', `{"e":"${missing}"}`],
    ['"$context.error.message!"', `"${missing}!"`],
    ["$context.error.responseType.", "MISSING_AUTHENTICATION_TOKEN."],
    ["${context.error.responseType}x", "MISSING_AUTHENTICATION_TOKENx"],
    ["$context.httpMethod $context.path $context.stage", "GET /v1/nope v1"],
    ["[$context.authorizer.reason]", "[]"],
    ["[$context.nope$context.authorizer.nope]", "[]"],
    ["#set($a=1)$a", "#set($a=1)$a"],
  ])("the template %s", async (template, body) => {
    const { ask } = await gate({
      MISSING_AUTHENTICATION_TOKEN: { responseTemplates: json(template) },
    });
    expect(await ask("GET", "/v1/nope")).toMatchObject({ status: 403, body });
  });

  test("$context.requestId is the id in the header", async () => {
    const responseTemplates = json("$context.requestId");
    const { ask } = await gate({
      MISSING_AUTHENTICATION_TOKEN: { responseTemplates },
    });
    const { headers, body } = await ask("GET", "/v1/nope");
    expect(headers["x-amzn-requestid"]).toBe(body);
  });

  test("another content type", async () => {
    const html = "<p>$context.error.message</p>";
    const { ask } = await gate({
      UNAUTHORIZED: { responseTemplates: { "text/html": html } },
    });
    expect(await ask("GET", "/v1/a")).toMatchObject({
      headers: { "content-type": "text/html" },
      body: "<p>Unauthorized</p>",
    });
  });

  test("headers from literals, the context and the request; absent ones are left out", async () => {
    const header = "gatewayresponse.header";
    const responseParameters = {
      [`${header}.x-ai-gate-error`]: "'ACCESS_DENIED'",
      [`${header}.WWW-Authenticate`]: "'Bearer realm=\"x\"'",
      [`${header}.X-Reason`]: "context.authorizer.reason",
      [`${header}.X-Sent`]: "method.request.header.X-Sent",
      [`${header}.X-Absent`]: "method.request.header.X-Absent",
      [`${header}.X-Type`]: "context.error.responseType",
    };
    const { ask } = await gate({ ACCESS_DENIED: { responseParameters } });
    const { status, headers } = await ask("GET", "/v1/a", token);
    expect(status).toBe(403);
    expect(headers).toMatchObject({
      "x-ai-gate-error": "ACCESS_DENIED",
      "www-authenticate": 'Bearer realm="x"',
      "x-reason": "why",
      "x-sent": "s",
      "x-type": "ACCESS_DENIED",
      "x-amzn-errortype": "AccessDeniedException",
    });
    expect(headers).not.toHaveProperty("x-absent");
  });

  test("the authorizer's context is there when it denies, and not when it throws", async () => {
    const template = {
      responseTemplates: json("<$context.authorizer.reason>"),
    };
    const denying = await gate({ ACCESS_DENIED: template });
    expect((await denying.ask("GET", "/v1/a", token)).body).toBe("<why>");
    const throwing = await gate({ UNAUTHORIZED: template }, () => ({
      payload: { errorMessage: "Unauthorized" },
      functionError: "Unhandled",
    }));
    expect((await throwing.ask("GET", "/v1/a", token)).body).toBe("<>");
  });

  test("a null message is null in messageString", async () => {
    const responseTemplates = json("$context.error.messageString");
    const { ask } = await gate(
      { AUTHORIZER_CONFIGURATION_ERROR: { responseTemplates } },
      () => ({ payload: 1 }),
    );
    expect((await ask("GET", "/v1/a", token)).body).toBe("null");
  });

  test("a header that cannot be sent is left out", async () => {
    const name = "gatewayresponse.header.X-Reason";
    const responseParameters = { [name]: "context.authorizer.reason" };
    const { ask } = await gate({ ACCESS_DENIED: { responseParameters } }, () =>
      allowing([], { context: { reason: "a\r\nb: c" } }),
    );
    expect((await ask("GET", "/v1/a", token)).headers).not.toHaveProperty(
      "x-reason",
    );
  });
});

describe("DEFAULT_4XX and DEFAULT_5XX show through (conformance §2)", () => {
  const shown = {
    statusCode: "499",
    responseParameters: { "gatewayresponse.header.X-Default": "'yes'" },
    responseTemplates: json("d"),
  };

  test("for types that are not customised themselves", async () => {
    const { ask } = await gate({
      DEFAULT_4XX: shown,
      UNAUTHORIZED: { responseTemplates: json("own") },
    });
    expect(await ask("GET", "/v1/nope")).toMatchObject({
      status: 499,
      body: "d",
      headers: { "x-default": "yes" },
    });
    const own = await ask("GET", "/v1/a");
    expect(own).toMatchObject({ status: 401, body: "own" });
    expect(own.headers).not.toHaveProperty("x-default");
  });

  test("without a status each type keeps its own", async () => {
    const { ask } = await gate({
      DEFAULT_4XX: { ...shown, statusCode: undefined as unknown as string },
    });
    expect([
      (await ask("GET", "/v1/nope")).status,
      (await ask("GET", "/v1/a")).status,
    ]).toEqual([403, 401]);
  });

  test("the family goes by the type's own status", async () => {
    const { ask } = await gate({ DEFAULT_5XX: shown }, () => ({ payload: 1 }));
    expect([
      (await ask("GET", "/v1/a", token)).status,
      (await ask("GET", "/v1/nope")).status,
    ]).toEqual([499, 403]);
  });
});
