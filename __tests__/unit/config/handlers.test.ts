// A user's own authorizer: which files and runtimes are taken, without ever running them.
import {
  gateOf,
  goodInputs,
  printedProblems,
  problemsOf,
  pythonHandler,
  sourceOf,
  workspaceOf,
} from "../../fixtures/sources.ts";

const inputs = {
  ...goodInputs,
  tokens: undefined,
  "upstream-secret": undefined,
  authorizer: "own",
};

/** A source with one file, in which the handler is `handler`. */
function sourceWith(
  file: string,
  text: string,
  runtime?: string,
  others: Readonly<Record<string, string>> = {},
) {
  const given = {
    ...inputs,
    "authorizer-handler": `${file.replace(/\.\w+$/, "")}.handler`,
    "authorizer-runtime": runtime,
  };
  return sourceOf(
    given,
    undefined,
    workspaceOf({ [`own/${file}`]: text, ...others }),
  );
}

test.each([
  ["a.mjs", "export async function handler(event, context) {}"],
  ["a.mjs", 'export { check as handler } from "./other.mjs";'],
  ["a.cjs", "exports.handler = async (event) => {};"],
  ["a.js", 'exports["handler"] = async () => {};'],
  [
    "a.js",
    "var m=(n,r)=>{};var c={};m(c,{handler:()=>d});module.exports=x(c);var d=async e=>{};",
  ],
  ["a.js", "\ufeff#!/usr/bin/env node\r\nexports.handler=1"],
  ["a.py", pythonHandler],
  ["a.py", "from guard import (\n    a,\n    handler,  # ours\n)"],
  ["a.py", "handler \\\n  = check"],
  ["src/a.py", "handler = check"],
])("the file %s that names the handler is taken: %s", (file, text) => {
  expect(problemsOf(sourceWith(file, text))).toEqual([]);
});

test.each([
  ["a.mjs", "export const handle = () => {};"],
  ["a.cjs", "exports.handlers = $handler = handler$ = handler2 = _handler;"],
  ["a.js", ""],
  ["a.py", "def check(event, context):\n    return {}"],
  ["a.py", "Handler = HANDLER = my_handler"],
])("the file %s that does not is a problem: %s", (file, text) => {
  const problems = problemsOf(sourceWith(file, text));
  expect(problems).toMatchObject([
    {
      where: "authorizer-handler",
      position: { file: `own/${file}`, line: 1, column: 1 },
    },
  ]);
  expect(printedProblems(problems)).toMatchSnapshot();
});

test.each([
  ["a.py", "nodejs24.x"],
  ["a.js", "python3.13"],
  ["a.ts", undefined],
])("the file %s is none of %s", (file, runtime) => {
  const source = sourceWith(file, "handler");
  const given = {
    ...source.inputs,
    "authorizer-runtime": runtime,
    "authorizer-handler": "a.handler",
  };
  const problems = problemsOf({ ...source, inputs: given });
  expect(problems).toHaveLength(1);
  expect(printedProblems(problems)).toMatchSnapshot();
});

test("Lambda's order of files counts", () => {
  const others = { "own/a.mjs": "export const handler = async () => {};" };
  const source = sourceWith("a.js", "exports.other = 1;", undefined, others);
  expect(problemsOf(source)).toMatchObject([
    { position: { file: "own/a.js" } },
  ]);
});

test("a file that cannot be read as text is left to Lambda", () => {
  const source = sourceWith("a.js", "handler");
  expect(problemsOf({ ...source, file: () => undefined })).toEqual([]);
});

/** One step a character would be seconds here, two in each other hours. */
test.each([
  ["a.py", 'if x: ":'],
  ["a.py", '"""\\'],
  ["a.py", "if with "],
  ["a.js", "(".repeat(10)],
  ["a.mjs", "handler_"],
])("ten million characters of %s are looked through: %s", (file, piece) => {
  const text = piece.repeat(10e6 / piece.length);
  expect(problemsOf(sourceWith(file, text))).toHaveLength(1);
});

describe("runtimes", () => {
  const on = (today: string, runtime: string) =>
    problemsOf({ ...sourceWith("a.py", pythonHandler, runtime), today });

  test.each(["python3.14", "python3.13", "python3.12", "python3.11"])(
    "%s is taken",
    (runtime) => {
      expect(on("2026-12-01", runtime)).toEqual([]);
    },
  );

  test.each(["nodejs24.x", "nodejs22.x"])("%s is taken", (runtime) => {
    const source = sourceWith("a.mjs", "export const handler = 1;", runtime);
    expect(problemsOf(source)).toEqual([]);
  });

  test.each([
    ["python3.11", "2027-07-01"],
    ["python3.10", "2026-01-01"],
    ["nodejs20.x", "2026-01-01"],
    ["ruby3.4", "2026-01-01"],
  ])("%s is refused on %s", (runtime, today) => {
    const problems = on(today, runtime);
    expect(problems).toMatchObject([{ where: "authorizer-runtime" }]);
    expect(printedProblems(problems)).toMatchSnapshot();
  });
});

describe("what is uploaded", () => {
  const megabyte = 1024 * 1024;
  const sourceOfSize = (bytes: number) => ({
    ...sourceWith("authorizer.py", pythonHandler),
    directory: () => [
      { path: "authorizer.py", bytes: 60 },
      { path: "vendor/model.bin", bytes: bytes - 60 },
    ],
  });

  test("of more than 250 MB is refused", () => {
    expect(problemsOf(sourceOfSize(250 * megabyte))).toEqual([]);
    const problems = problemsOf(sourceOfSize(250 * megabyte + 1));
    expect(problems).toMatchObject([{ where: "authorizer" }]);
    expect(printedProblems(problems)).toMatchSnapshot();
  });

  test.each([
    ".env",
    ".env.production",
    "a/server.pem",
    "id_ed25519",
    ".npmrc",
    ".aws/credentials",
    "a/b.p12",
    ".git-credentials",
  ])("%s is a secret", (path) => {
    const source = sourceWith("a.py", pythonHandler, undefined, {
      [`own/${path}`]: "",
    });
    expect(problemsOf(source)).toMatchObject([
      {
        where: "authorizer",
        message: expect.stringContaining(`(${JSON.stringify(path)})`) as string,
      },
    ]);
  });

  test.each([".env.example", "certifi/cacert.pem", "keys.py", "environment"])(
    "%s is none",
    (path) => {
      const source = sourceWith("a.py", pythonHandler, undefined, {
        [`own/${path}`]: "",
      });
      expect(problemsOf(source)).toEqual([]);
    },
  );
});

test.each([
  [
    "consumers",
    "consumers: [{ id: a, token: { env: TEAM_A_TOKEN } }]",
    "consumers[0].id",
  ],
  ["a table", "store: dynamodb", "store"],
  [
    "issuers",
    "auth: { mode: custom, directory: own, issuers: { a: { issuer: https://a.example.com, audience: a } } }",
    "auth.issuers.a",
  ],
  ["plans", "plans: { basic: { rate: 1, burst: 1 } }", "plans.basic"],
  [
    "other modes",
    "auth: { mode: [custom, token], directory: own }",
    "auth.mode[0]",
  ],
])("a custom authorizer and %s are a problem", (_what, text, where) => {
  const { authorizer, ...others } = inputs;
  const given = text.includes("directory") ? others : { ...others, authorizer };
  const source = sourceOf(
    given,
    text,
    workspaceOf({ "own/authorizer.py": pythonHandler }),
  );
  expect(problemsOf(source).map((problem) => problem.where)).toEqual([where]);
});

test("a custom authorizer may stand behind the gate's own, which adds the secret", () => {
  const gate = gateOf(
    sourceOf(
      { ...inputs, "upstream-secret": "ssm:/ai/key" },
      undefined,
      workspaceOf({ "own/authorizer.py": pythonHandler }),
    ),
  );
  expect(gate.upstreams[0]?.credential?.secret).toEqual({
    store: "ssm",
    name: "/ai/key",
  });
});
