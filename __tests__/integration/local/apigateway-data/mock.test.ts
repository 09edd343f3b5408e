import type {
  Integration,
  Method,
} from "../../../../local/apigateway/model.ts";
import { defaultReadings } from "../../../../local/apigateway/data/collaborators.ts";
import { renderTemplate } from "../../../../local/apigateway/data/template.ts";
import type { Exchange } from "../../../../local/apigateway/data/exchange.ts";
import {
  closeAll,
  mock,
  record,
  serve,
  type Answer,
} from "../../../fixtures/data-plane.ts";

afterEach(closeAll);

const json = (template: string) => ({ "application/json": template });
const answers = (more: object) => ({
  integrationResponses: { "200": { statusCode: "200", ...more } },
});
const health = {
  requestTemplates: json('{"statusCode": 200}'),
  ...answers({ responseTemplates: json('{"status":"ok"}') }),
};

async function ask(
  more: Partial<Integration>,
  method: Partial<Method> = {},
  sent: object = {},
): Promise<Answer> {
  const { ask: send } = await serve(
    record({ "/a/{id}": { ANY: { ...mock(more), ...method } } }),
  );
  return send("POST", "/v1/a/7?q=1%202", sent);
}

describe("MOCK (conformance §4.8)", () => {
  const pattern = (selectionPattern: string, more: object = {}) => ({
    integrationResponses: {
      ...more,
      b: { statusCode: "200", selectionPattern },
    },
  });
  const created = { a: { statusCode: "201" } };
  const behaves = (
    passthroughBehavior: Integration["passthroughBehavior"],
  ) => ({
    ...health,
    passthroughBehavior,
  });
  const bare = { requestTemplates: json("{statusCode: 200}") };
  const whole = answers({ responseTemplates: json("$input.json('$')") });
  const plain = { headers: { "content-type": "text/plain" } };
  const secret = { body: '{"secret":1}' };
  const failed = '{"message": "Internal server error"}';
  const refused = '{"message":"Unsupported Media Type"}';
  test.each<[string, Partial<Integration>, object, number, string]>([
    ["a health route", health, {}, 200, '{"status":"ok"}'],
    ["no type counts as JSON", health, { body: "x" }, 200, '{"status":"ok"}'],
    ["a status without quotes", bare, {}, 200, ""],
    ["a pattern", pattern(String.raw`2\d{2}`), {}, 200, ""],
    ["a pattern beats the default", pattern("200", created), {}, 200, ""],
    ["a pattern must match whole", pattern("20"), {}, 500, failed],
    ["no status", { requestTemplates: json("{}") }, {}, 500, failed],
    ["no response", { integrationResponses: {} }, {}, 500, failed],
    ["undeclared", { integrationResponses: created }, {}, 500, failed],
    ["the request is not passed through", {}, secret, 200, ""],
    ["$input.json of an empty body", whole, secret, 200, "{}"],
    ["no template", behaves("WHEN_NO_TEMPLATES"), plain, 415, refused],
    ["no template", behaves("NEVER"), plain, 415, refused],
    ["no content type", behaves("NEVER"), {}, 200, '{"status":"ok"}'],
    [
      "no template for the type, WHEN_NO_MATCH: the body is read",
      health,
      { ...plain, body: "{}" },
      500,
      failed,
    ],
    [
      "a directive",
      answers({ responseTemplates: json("#set($x=1)") }),
      {},
      500,
      failed,
    ],
  ])("%s, %j: asked with %j, %i", async (_name, more, sent, ...expected) => {
    const [status, body] = expected;
    expect(await ask(more, {}, sent)).toMatchObject({ status, body });
  });

  test("headers: no trace id, defaults, mapped ones that the method declares", async () => {
    const header = "method.response.header";
    const mapped = {
      [`${header}.Access-Control-Allow-Origin`]: "'*'",
      [`${header}.Content-Type`]: "'text/plain'",
      [`${header}.Server`]: "'s'",
      [`${header}.X-Id`]: "context.requestId",
    };
    const declared = Object.keys(mapped).map((name) => [name, false]);
    const responseParameters = { ...mapped, [`${header}.X-Undeclared`]: "'x'" };
    const { headers } = await ask(answers({ responseParameters }), {
      methodResponses: {
        "200": {
          statusCode: "200",
          responseParameters: Object.fromEntries(declared) as Record<
            string,
            boolean
          >,
        },
      },
    });
    expect(headers).toMatchObject({
      "access-control-allow-origin": "*",
      "content-type": "text/plain",
      "x-amzn-remapped-server": "s",
      "x-id": headers["x-amzn-requestid"],
    });
    for (const name of ["x-undeclared", "x-amzn-trace-id", "x-amzn-errortype"])
      expect(headers).not.toHaveProperty(name);
  });
});

describe("one of two texts", () => {
  const template = `#if($input.params('A-B') != "" || $input.params('a-b') != "")
{"statusCode":426}
#else
{"statusCode":200}
#end`;
  const integrationResponses = {
    "426": { statusCode: "426", selectionPattern: "426" },
    "200": { statusCode: "200" },
  };
  const asked = async (text: string, headers: Record<string, string>) => {
    const method = mock({
      requestTemplates: json(text),
      integrationResponses,
    });
    const methodResponses = {
      "426": { statusCode: "426" },
      "200": { statusCode: "200" },
    };
    const { ask: askIt } = await serve(
      record({ "/a": { GET: { ...method, methodResponses } } }),
    );
    return (await askIt("GET", "/v1/a", { headers })).status;
  };

  // The names of headers have case in templates (AWS: important notes).
  test.each([
    [{ "A-B": "x" }, 426],
    [{ "a-b": "x" }, 426],
    [{ "A-b": "x" }, 200],
    [{ "A-B": "" }, 200],
    [{}, 200],
  ])("with %j it is %d", async (headers, status) => {
    expect(await asked(template, headers as Record<string, string>)).toBe(
      status,
    );
  });

  test.each([
    template.replace("#else", "#elseif(true)"),
    template.replace("200", "#set($a = 1)"),
    template.replace("\n#else\n", "#else"),
    template.replace("||", "&&"),
    template.replaceAll("!=", "=="),
    `${template}x`,
  ])("%j is not served", async (text) => {
    expect(await asked(text, { "A-B": "x" })).toBe(500);
  });
});

describe("overridden response headers", () => {
  const line = (origin: string) =>
    `#if($input.params('Origin') == "${origin}" || $input.params('origin') == "${origin}")#set($context.responseOverride.header.Access-Control-Allow-Origin = "${origin}")#end`;
  const [one, two] = ["https://a.example.com", "http://localhost:3000"];

  test.each([
    ["the only line", [one], one, one],
    ["the first of two", [one, two], one, one],
    ["the second of two", [one, two], two, two],
    ["no line", [one, two], "https://b.example.com", undefined],
    ["no line, by its case", [one, two], one.toUpperCase(), undefined],
    ["no line, by its length", [one, two], `${one}.evil.com`, undefined],
    ["no line without the header", [one, two], undefined, undefined],
  ])("%s holds", async (_name, origins, origin, expected) => {
    const { status, headers, body } = await ask(
      answers({ responseTemplates: json(origins.map(line).join("\n")) }),
      {},
      { headers: origin === undefined ? {} : { origin } },
    );
    expect({ status, body }).toEqual({ status: 200, body: "" });
    expect(headers["access-control-allow-origin"]).toBe(expected);
  });

  test.each(["exact", "any-case"] as const)(
    "names of headers, read %s",
    async (headerSources) => {
      const served = await serve(
        record({
          "/m": {
            GET: mock(answers({ responseTemplates: json(line(one)) })),
          },
        }),
        { readings: { headerSources } },
      );
      const answer = await served.ask("GET", "/v1/m", {
        headers: { oRiGiN: one },
      });
      expect(answer.headers["access-control-allow-origin"]).toBe(
        headerSources === "exact" ? undefined : one,
      );
    },
  );

  test("win over mapped ones, from a request template too, and stay with their request", async () => {
    const name = "method.response.header.Access-Control-Allow-Origin";
    const responseTemplates = json(line(one));
    const fromRequest = mock({
      requestTemplates: responseTemplates,
      passthroughBehavior: "NEVER",
    });
    const responseParameters = { [name]: "'mapped'" };
    const declaring = {
      ...mock(answers({ responseTemplates, responseParameters })),
      methodResponses: {
        "200": { statusCode: "200", responseParameters: { [name]: false } },
      },
    };
    const served = await serve(
      record({ "/a": { GET: fromRequest, POST: declaring } }),
    );
    const allowed = async (method: string, origin: string) => {
      const sent = { headers: { Origin: origin } };
      const { headers } = await served.ask(method, "/v1/a", sent);
      return headers["access-control-allow-origin"];
    };
    expect(await allowed("POST", one)).toBe(one);
    expect(await allowed("POST", two)).toBe("mapped");
    // The template renders to nothing, so MOCK finds no status: what it set does not reach the gateway response.
    expect(await allowed("GET", one)).toBeUndefined();
  });

  test("come before the text of the answer", async () => {
    for (const text of ['{"is":"$context.stage"}', ""]) {
      const { status, body, headers } = await ask(
        answers({ responseTemplates: json(`${line(one)}\n${text}`) }),
        {},
        { headers: { origin: one } },
      );
      expect({ status, body }).toEqual({
        status: 200,
        body: text.replace("$context.stage", "v1"),
      });
      expect(headers["access-control-allow-origin"]).toBe(one);
    }
  });

  const header = "header.Access-Control-Allow-Origin";
  const early = 'a")#set($context.responseOverride.header.X = "b';
  test.each([
    ["a status", line(one).replace(header, "status")],
    ["another comparison", line(one).replace("==", "!=")],
    ["another operator", line(one).replace("||", "&&")],
    ["an interpolated value", line("$input.params('Origin')")],
    ["an escape", line(String.raw`a\n`)],
    ["a value that ends early", line(early)],
    ["no condition", '#set($context.responseOverride.header.X = "x")'],
    ["an else", line(one).replace("#end", "#else#end")],
    ["a second directive on the line", `${line(one)}${line(two)}`],
    ["text beside it", `${line(one)}{}`],
    ["text before it", `{"status":"ok"}\n${line(one)}`],
    ["a directive in the text", `${line(one)}\n{}#set($a = 1)`],
    ["one good and one bad line", `${line(one)}\n#set($a = 1)`],
  ])("%s is a 500 without the header", async (_name, template) => {
    const { status, headers } = await ask(
      answers({ responseTemplates: json(template) }),
      {},
      { headers: { origin: one } },
    );
    expect(status).toBe(500);
    expect(headers).not.toHaveProperty("access-control-allow-origin");
  });
});

describe("templates", () => {
  const exchange = {
    route: {
      resource: { id: "r", path: "/a/{id}" },
      method: {},
      pathParameters: { id: "7" },
    },
    headers: [
      ["X-Header", "h"],
      ["host", "api1.execute-api.eu-west-1.amazonaws.com"],
    ],
    query: [
      ["q", "1"],
      ["id", "query"],
    ],
    stage: { deploymentId: "d1", variables: { v: "stage" } },
    target: { stageName: "v1", path: "/a/7", record: { account: "1" } },
    parts: { api: { id: "api1" } },
    authorizer: { principalId: "p" },
    time: 1_700_000_000_000,
    readings: defaultReadings,
  } as unknown as Exchange;

  test.each([
    ["plain $5 # text $", "plain $5 # text $"],
    ["$context.stage/${context.apiId}x", "v1/api1x"],
    ["$context.authorizer.principalId", "p"],
    [
      "$context.requestTime $context.domainPrefix",
      "14/Nov/2023:22:13:20 +0000 api1",
    ],
    ["[$context.nope]", "[]"],
    [
      "https://$context.domainName$context.path.replace('/a', '')/c",
      "https://api1.execute-api.eu-west-1.amazonaws.com/v1/7/c",
    ],
    ["$context.path.replace('/none', '')", "/v1/a/7"],
    ["$input.params('id')", "7"],
    ["$input.params('q')$input.params('X-Header')", "1h"],
    ["[$input.params('x-header')]", "[]"],
    ["$input.params('q')$input.params('x-header')", "1"],
    ["[$input.params('nope')]", "[]"],
    ["$input.json('$')", '{"a":{"b":[1]}}'],
    ["$input.body", '{"a":{"b":[1]}}'],
  ])("%s", (template, expected) => {
    expect(renderTemplate(exchange, template, '{"a":{"b":[1]}}')).toBe(
      expected,
    );
  });

  test.each([
    "#if(true)x#end",
    "## comment",
    "#set($a = 1)",
    "$util.escapeJavaScript('x')",
    "$nope",
    "$input.path('$.a')",
    "$input.json('$.a')",
    "$input.params().path.id",
    "$stageVariables.v",
    "$context.requestId.substring(1)",
    "$context.path.replace('', 'x')",
    "$context.path.replace('$context.stage', 'x')",
    "$context.nope.replace('a', 'b')",
    "$input.body.replace('a', 'b')",
    "$input.json($x)",
  ])("%s is refused", (template) => {
    expect(() => renderTemplate(exchange, template, "{}")).toThrow(
      "not served",
    );
  });
});
