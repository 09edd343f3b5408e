// A user's own authorizer: which files and runtimes are taken, without ever running them.
import {
  gateOf,
  goodInputs,
  problemsOf,
  pythonHandler,
  sourceOf,
  warningsOf,
  workspaceOf,
} from "./sources.ts";

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

const moduleType = { "own/package.json": '{ "type": "module" }' };

const esm: [string, string][] = [
  ["a function", "export async function handler(event, context) {}"],
  ["an arrow", "export const handler = async (event) => ({});"],
  ["one of several", "export const a = 1, handler = () => {};"],
  ["a list", "const handler = async () => {};\nexport { handler };"],
  ["another name", "function check(event) {}\nexport { check as handler };"],
  ["a name as text", "const a = () => {};\nexport { a as 'handler' };"],
  ["another module", 'export { handler } from "./other.mjs";'],
  ["another module as one", 'export * as handler from "./other.mjs";'],
  ["all of another module", 'export * from "./other.mjs";'],
  ["a pattern", "export const { handler } = make();"],
  ["a class", "export class handler {}"],
  [
    "a wrapped function",
    "export const handler = middy(async (a, b, c) => {});",
  ],
  [
    "a third parameter with a default",
    "export const handler = (a, b, c = 1) => {};",
  ],
  ["a rest", "export const handler = (a, b, ...c) => {};"],
  [
    "the newest syntax",
    "await 0;\nusing a = b();\nimport x from './x.json' with { type: 'json' };\nexport const handler = async () => x?.y ?? /a/v;",
  ],
  [
    "a name assigned again",
    "let handler = (a, b, c) => {};\nhandler = wrap(handler);\nexport { handler };",
  ],
];

const cjs: [string, string][] = [
  ["exports", "exports.handler = async (event) => {};"],
  [
    "module.exports",
    "module.exports.handler = async function (event, context) {};",
  ],
  ["exports as text", 'exports["handler"] = async () => {};'],
  [
    "an object",
    "const handler = async () => {};\nmodule.exports = { handler };",
  ],
  ["an object with a method", "module.exports = { async handler(event) {} };"],
  ["an object with more", "module.exports = { ...require('./other'), a: 1 };"],
  ["another module", "module.exports = require('./other');"],
  ["a computed name", "for (const name of names) exports[name] = find(name);"],
  [
    "TypeScript's",
    'Object.defineProperty(exports, "__esModule", { value: true });\nexports.handler = void 0;\nconst handler = async () => {};\nexports.handler = handler;',
  ],
  [
    "TypeScript's of another module",
    '__exportStar(require("./other"), exports);',
  ],
  [
    "a getter",
    'Object.defineProperty(exports, "handler", { get: () => other.handler });',
  ],
  ["an assignment of all", "Object.assign(exports, make());"],
  ["a chain", "exports.check = exports.handler = async () => {};"],
  [
    "a chain the other way",
    "exports.handler = exports.check = async () => {};",
  ],
  [
    "esbuild's",
    "var a_exports = {};\n__export(a_exports, { handler: () => handler });\nmodule.exports = __toCommonJS(a_exports);\nasync function handler(event) {}\n// Annotate the CommonJS export names for ESM import in node:\n0 && (module.exports = { handler });",
  ],
  [
    "esbuild's in few letters",
    "var m=(n,r)=>{};var c={};m(c,{handler:()=>d});module.exports=x(c);var d=async e=>{};",
  ],
  [
    "a wrapper",
    "(function (root, factory) { factory(exports); })(this, function (exports) { exports.handler = async () => {}; });",
  ],
  [
    "a bundle with a module of three",
    'var a = w({ "x.js"(exports) { exports.handler = function (a, b, c) {}; } });\nexports.handler = wrap(a());',
  ],
  ["this", "this.handler = async () => {};"],
  ["another name for exports", "var e = exports; e.handler = async () => {};"],
  ["a name for both", "exports = module.exports = make(); exports.other = 1;"],
  [
    "a shebang and a return",
    "#!/usr/bin/env node\nif (off) return;\nexports.handler = async () => {};",
  ],
];

test.each([
  ...esm.map(
    ([what, text]) => [`${what} in an ES module`, "a.mjs", text] as const,
  ),
  ...cjs.map(([what, text]) => [`${what} in CommonJS`, "a.cjs", text] as const),
  ...cjs.map(([what, text]) => [`${what} in .js`, "a.js", text] as const),
])("a handler by %s is found", (_what, file, text) => {
  expect(problemsOf(sourceWith(file, text))).toEqual([]);
});

test.each([
  ["a .js file with a package of modules", "nodejs22.x", moduleType],
  ["a .js file that Node 24 tells by its syntax", "nodejs24.x", {}],
])("%s may be an ES module", (_what, runtime, others) => {
  const text = "export const handler = async () => {};";
  expect(problemsOf(sourceWith("a.js", text, runtime, others))).toEqual([]);
});

test.each<[string, string, string, string, number, number, string?]>([
  [
    "no export",
    "a.mjs",
    "const handler = () => {};",
    "does not export handler",
    1,
    1,
  ],
  [
    "another export",
    "a.mjs",
    "export const handle = () => {};",
    "does not export handler",
    1,
    1,
  ],
  [
    "a default export",
    "a.mjs",
    "export default async function handler() {}",
    "does not export handler",
    1,
    1,
  ],
  [
    "exports of CommonJS in no use",
    "a.cjs",
    "exports.handle = () => {};",
    "does not export handler",
    1,
    1,
  ],
  [
    "an object without it",
    "a.cjs",
    "module.exports = { handle: 1 };",
    "does not export handler",
    1,
    1,
  ],
  ["nothing", "a.js", "", "does not export handler", 1, 1],
  [
    "an export that is undone",
    "a.cjs",
    "exports.handler = void 0;",
    "does not export handler",
    1,
    1,
  ],
  [
    "a missing brace",
    "a.mjs",
    "export const handler = async () => {\n",
    "is no valid JavaScript: unexpected token",
    2,
    1,
  ],
  [
    "TypeScript",
    "a.js",
    "\nexports.handler = async (event: object) => {};",
    "is no valid JavaScript",
    2,
    31,
  ],
  [
    "a module's words in CommonJS",
    "a.cjs",
    "export const handler = 1;",
    "is no valid JavaScript: 'import' and 'export' may appear only",
    1,
    1,
  ],
  [
    "an ES module that Node 22 does not tell",
    "a.js",
    "export const handler = async () => {};",
    "is an ES module, which Lambda's nodejs22.x takes for CommonJS",
    1,
    1,
    "nodejs22.x",
  ],
  [
    "a callback",
    "a.mjs",
    "\nexport function handler(event, context, callback) {}",
    "has handler with 3 parameters, the third of which is a callback",
    2,
    8,
  ],
  [
    "a callback in CommonJS",
    "a.js",
    "exports.handler = (event, context, callback) => callback(null, {});",
    "make it `async (event, context) => …`",
    1,
    19,
  ],
  [
    "a callback under another name",
    "a.cjs",
    "const check = function (a, b, c) {};\nmodule.exports = { handler: check };",
    "or set the runtime to nodejs22.x",
    1,
    15,
  ],
])(
  "%s is a problem at its line",
  (...[, file, text, message, line, column, runtime]) => {
    expect(problemsOf(sourceWith(file, text, runtime))).toEqual([
      {
        where: "authorizer-handler",
        message: expect.stringContaining(message) as string,
        position: { file: `own/${file}`, line, column },
      },
    ]);
  },
);

test("a default export is one under that name", () => {
  const source = sourceWith("a.mjs", "export default async () => {};");
  const given = { ...source.inputs, "authorizer-handler": "a.default" };
  expect(problemsOf({ ...source, inputs: given })).toEqual([]);
});

test("Node 22 still calls back", () => {
  const text = "exports.handler = (event, context, callback) => callback();";
  expect(problemsOf(sourceWith("a.js", text, "nodejs22.x"))).toEqual([]);
});

test.each([
  ["the nearest package.json counts", '{ "type": "commonjs" }', []],
  ["one that is broken says nothing", "{", []],
  [
    "one further up counts if it is the first",
    undefined,
    ["is no valid JavaScript"],
  ],
])("%s", (_what, inner, messages) => {
  const text = "with (a) {}\nexports.handler = async () => {};";
  const others = {
    ...moduleType,
    ...(inner === undefined ? {} : { "own/src/package.json": inner }),
  };
  const problems = problemsOf(sourceWith("src/a.js", text, undefined, others));
  expect(problems.map(({ message }) => message)).toEqual(
    messages.map((message) => expect.stringContaining(message) as string),
  );
});

test("Lambda's order of files counts", () => {
  const others = { "own/a.mjs": "export const handler = async () => {};" };
  const source = sourceWith("a.js", "exports.other = 1;", undefined, others);
  expect(problemsOf(source)).toMatchObject([
    { position: { file: "own/a.js" } },
  ]);
});

test.each([
  ["a function", pythonHandler],
  [
    "a function with more above",
    '"""Says\ndef handler\n"""\nimport os\n\n@cached(\n  1)\ndef handler(event, context): return {}',
  ],
  ["a name", "def check(event, context):\n    return {}\n\nhandler = check"],
  ["a name with a type", "handler: Handler = check"],
  ["two names", "a = handler = check"],
  ["a pair", "(handler, other) = make()"],
  ["an import", "from guard import handler"],
  ["an import under another name", "from guard import check as handler, other"],
  [
    "an import over lines",
    "from guard import (\n    a,\n    handler,  # ours\n)",
  ],
  ["an import of all", "from guard import *"],
  ["a module", "import guard.handler as handler"],
  ["a class", "class handler:\n    pass"],
  [
    "a choice",
    "if x:\n    def handler(e, c): pass\nelse:\n    from other import handler",
  ],
  [
    "an attempt",
    "try:\n  from fast import handler\nexcept ImportError:\n  from slow import handler",
  ],
  ["a choice on one line", "if x: handler = a"],
  ["what is computed", "globals()['handler'] = make()"],
  [
    "a second, plain one",
    "async def handler(e, c): pass\ndef handler(e, c): pass",
  ],
  ["one of several statements", "import os; handler = check"],
  [
    "an import in a choice on one line",
    "try: from a import handler\nexcept ImportError: pass",
  ],
  ["a line that goes on", "handler \\\n  = check"],
  ["Windows lines", "def handler(e, c):\r\n    pass\r\n"],
])("a Python handler by %s is found", (_what, text) => {
  expect(problemsOf(sourceWith("a.py", text))).toEqual([]);
});

test.each<[string, string, string, number]>([
  [
    "another function",
    "def check(event, context):\n    return {}",
    "has no handler at its top level",
    1,
  ],
  [
    "a function inside another",
    "def make():\n    def handler(e, c):\n        pass\n    handler = 1",
    "has no handler",
    1,
  ],
  [
    "a method",
    "class Guard:\n    x = 1\n    def handler(self, e): pass",
    "has no handler",
    1,
  ],
  [
    "text",
    '"""\ndef handler(e, c): pass\n"""\nx = "handler = 1"',
    "has no handler",
    1,
  ],
  ["a comment", "# handler = 1", "has no handler", 1],
  ["a comparison", "handler == 1", "has no handler", 1],
  ["an argument", "make(handler=1)", "has no handler", 1],
  ["an empty file", "", "has no handler", 1],
  [
    "a coroutine",
    "import os\n\nasync def handler(event, context):\n    return {}",
    "has handler as `async def`, which Lambda does not await",
    3,
  ],
])("Python with %s is a problem at its line", (_what, text, message, line) => {
  expect(problemsOf(sourceWith("a.py", text))).toEqual([
    {
      where: "authorizer-handler",
      message: expect.stringContaining(message) as string,
      position: { file: "own/a.py", line, column: 1 },
    },
  ]);
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
    ["python3.11", "2027-07-01", "supported until 2027-06-30 only: use"],
    ["python3.10", "2026-01-01", '"python3.10" is no runtime the gate knows'],
    ["nodejs20.x", "2026-01-01", '"nodejs20.x" is no runtime the gate knows'],
    ["ruby3.4", "2026-01-01", '"ruby3.4" is no runtime the gate knows'],
  ])("%s is none on %s", (runtime, today, message) => {
    expect(on(today, runtime)).toEqual([
      {
        where: "authorizer-runtime",
        message: expect.stringContaining(message) as string,
      },
    ]);
  });

  test("only those still supported are proposed", () => {
    const [problem] = on("2027-07-01", "python3.11");
    expect(problem?.message).toMatch(
      /use nodejs24\.x, python3\.14, python3\.13 or python3\.12$/,
    );
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

  test.each([
    [50 * megabyte, [], []],
    [50 * megabyte + 1, [], ["has 51 MB: Lambda takes at most 50 MB"]],
    [250 * megabyte, [], ["has 250 MB"]],
    [250 * megabyte + 1, ["has 251 MB, more than the 250 MB"], []],
  ])("of %i bytes", (bytes, problems, warnings) => {
    const containing = (texts: string[]) =>
      texts.map((text) => ({
        where: "authorizer",
        message: expect.stringContaining(text) as string,
      }));
    const source = sourceOfSize(bytes);
    expect(problemsOf(source)).toEqual(containing(problems));
    expect(warningsOf(source)).toEqual(containing(warnings));
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
