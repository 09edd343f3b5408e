import type { Readings } from "../../../../local/apigateway/data/collaborators.ts";
import type { Method, Model } from "../../../../local/apigateway/model.ts";
import { closeAll, mock, record, serve } from "../../../fixtures/data-plane.ts";

afterEach(closeAll);

const reference = (name: string) => ({
  $ref: `https://apigateway.amazonaws.com/restapis/api1/models/${name}`,
});
const schemas = {
  Chat: {
    $schema: "http://json-schema.org/draft-04/schema#",
    type: "object",
    required: ["model"],
    properties: { model: { enum: ["small"] }, limit: reference("Limit") },
  },
  Limit: { type: "number", minimum: 0, exclusiveMinimum: true },
  Loop: { type: "object", properties: { next: reference("Loop") } },
  Broken: { type: "nonsense" },
};
const models = new Map<string, Model>(
  Object.entries(schemas).map(([name, schema]) => [
    name,
    {
      id: name,
      name,
      contentType: "application/json",
      schema: JSON.stringify(schema),
    },
  ]),
);

async function gate(
  method: Partial<Method>,
  validator = { validateRequestBody: true, validateRequestParameters: true },
  readings: Partial<Readings> = {},
) {
  const validators = new Map([["v", { id: "v", name: "v", ...validator }]]);
  const made = record(
    { "/a": { ANY: { ...mock(), requestValidatorId: "v", ...method } } },
    { parts: { validators, models } },
  );
  return serve(made, { readings });
}

const requestParameters = {
  "method.request.querystring.qs1": true,
  "method.request.path.issuer": true,
  "method.request.header.x-header-param": true,
  "method.request.querystring.optional": false,
};

describe("parameters (conformance §4.3)", () => {
  const all = { headers: { "x-header-param": "h" } };
  const given = {
    "method.request.querystring.qs1": true,
    "method.request.header.x-header-param": true,
  };
  const issuer = requestParameters;
  test.each<[string, Record<string, boolean>, string, object, string]>([
    ["sorted by full name", issuer, "", {}, "x-header-param, issuer, qs1"],
    // The path has no such parameter.
    ["a path parameter", issuer, "?qs1=1", all, "issuer"],
    ["all there", given, "?qs1=1", all, ""],
    ["an empty one is missing", given, "?qs1=", all, "qs1"],
  ])("%s", async (_name, parameters, query, sent, names) => {
    const { ask } = await gate({ requestParameters: parameters });
    expect(await ask("GET", `/v1/a${query}`, sent)).toMatchObject(
      names === ""
        ? { status: 200, body: "" }
        : {
            status: 400,
            body: `{"message":"Missing required request parameters: [${names}]"}`,
          },
    );
  });

  test("not without a validator that asks for it", async () => {
    const { ask } = await gate(
      { requestParameters },
      { validateRequestBody: true, validateRequestParameters: false },
    );
    expect((await ask("GET", "/v1/a")).status).toBe(200);
    const other = await gate({ requestParameters, requestValidatorId: "gone" });
    expect((await other.ask("GET", "/v1/a")).status).toBe(200);
  });
});

describe("bodies (conformance §4.3)", () => {
  const model = (name: string, type = "application/json") => ({
    requestModels: { [type]: name },
  });
  const chat = model("Chat");
  const invalid = '{"message":"Invalid request body"}';
  const typed = (type: string) => ({
    body: "{}",
    headers: { "content-type": type },
  });
  const [text, utf8] = ["text/plain", "application/json; charset=utf-8"];
  const loop = { body: '{"next":{"next":1}}' };
  test.each<[string, Partial<Method>, object, number]>([
    ["valid", chat, { body: '{"model":"small","limit":1}' }, 200],
    ["another value", chat, { body: '{"model":"large"}' }, 400],
    ["a referenced model", chat, { body: '{"model":"small","limit":-1}' }, 400],
    ["exclusive bounds", chat, { body: '{"model":"small","limit":0}' }, 400],
    ["missing property", chat, { body: "{}" }, 400],
    ["no JSON", chat, { body: "{" }, 400],
    ["absent", chat, {}, 400],
    ["a charset does not matter", chat, typed(utf8), 400],
    // Not looked at, unless there is a model for every type.
    ["a type without a model", chat, typed(text), 500],
    ["any type", model("Chat", "$default"), typed(text), 400],
    ["a model that refers to itself", model("Loop"), loop, 400],
    ["an unusable model", model("Broken"), { body: "{}" }, 500],
  ])("%s", async (_name, method, sent, status) => {
    const { ask } = await gate(method);
    const answer = await ask("POST", "/v1/a", sent);
    expect(answer.status).toBe(status);
    if (status === 400) expect(answer.body).toBe(invalid);
  });

  // Which one AWS checks is not documented.
  test.each([
    ["first", '{"model":"small","model":"large"}', 200],
    ["first", '{"model":"large","model":"small"}', 400],
    ["last", '{"model":"small","model":"large"}', 400],
    ["last", '{"model":"large","model":"small"}', 200],
    ["first", String.raw`{"mod\u0065l":"small","model":"large"}`, 200],
    [
      "first",
      String.raw`{"a":{"model":"x"},"b":"\"model\":","model":"small"}`,
      200,
    ],
  ] as const)(
    "of a repeated key the %s is checked: %s",
    async (repeatedKeys, body, status) => {
      const { ask } = await gate(chat, undefined, { repeatedKeys });
      expect((await ask("POST", "/v1/a", { body })).status).toBe(status);
    },
  );

  test("absent on a GET too", async () => {
    const { ask } = await gate(chat);
    expect(await ask("GET", "/v1/a")).toMatchObject({
      status: 400,
      body: invalid,
    });
  });

  test("parameters are checked first", async () => {
    const { ask } = await gate({
      ...chat,
      requestParameters: { "method.request.querystring.q": true },
    });
    expect((await ask("POST", "/v1/a", { body: "{" })).body).toContain(
      "Missing required",
    );
  });
});
