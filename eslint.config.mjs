// The house rules that a machine can hold: the direction of imports between rooms, file and function size, strict types.
import tseslint from "typescript-eslint";

const sizes = {
  "max-lines": [
    "error",
    { max: 400, skipBlankLines: true, skipComments: true },
  ],
  "max-lines-per-function": [
    "error",
    { max: 60, skipBlankLines: true, skipComments: true },
  ],
};

/** Forbids imports by pattern in some folders; `why` is what the reader of the error sees. */
const forbid = (files, patterns, why) => ({
  files,
  rules: {
    "no-restricted-imports": [
      "error",
      { patterns: patterns.map((regex) => ({ regex, message: why })) },
    ],
  },
});

/** Rooms of src in the order of their imports: a room imports only from rooms before it. */
const rooms = ["gate", "config", "diff", "deploy", "proof", "report", "action"];

/**
 * What a room of src may not import: the rooms after it, `others`, and what its folders may not import in addition. ("." stands
 * for the room's own files.)
 */
const room = (name, why, others, folders = {}) => {
  const patterns = [
    "/(authorizer|local)/",
    ...rooms
      .slice(rooms.indexOf(name) + 1)
      .map((later) => `^(\\.\\./)+${later}/`),
    ...others,
  ];
  return [
    forbid([`src/${name}/**`], patterns, `src/${name}: ${why}`),
    ...Object.entries(folders).map(([folder, more]) =>
      forbid(
        [folder === "." ? `src/${name}/*.ts` : `src/${name}/${folder}/**`],
        [...patterns, ...more],
        `src/${name}/${folder}: ${why}; inside a room imports run one way`,
      ),
    ),
  ];
};

/** Files of the folder above other than these. */
const onlyAbove = (...names) =>
  `^\\.\\./(?!(${names.join("|")})\\.ts$)[a-z-]+\\.ts$`;

/** What each folder of local/ may import of the other folders there. */
const localFolders = {
  system: [],
  ...Object.fromEntries(
    [
      "apigateway",
      "browser",
      "github",
      "issuer",
      "language",
      "ministack",
      "provider",
      "upstream",
    ].map((service) => [service, ["system"]]),
  ),
  tools: ["system", "browser", "ministack", "provider"],
  cloud: ["system", "apigateway", "github", "ministack", "tools", "upstream"],
  demo: ["system", "tools", "cloud"],
};

const outside = ["^node:", "^@actions/", "^@pulumi/", "^@aws-sdk/"];

export default tseslint.config(
  { ignores: ["scripts/ncc.d.ts", "dist/", "node_modules/", "coverage/"] },
  {
    files: ["**/*.ts"],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: {
      parserOptions: {
        projectService: true,
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      ...sizes,
      "max-params": ["error", 4],
      "no-restricted-syntax": [
        "error",
        { selector: "ExportDefaultDeclaration", message: "named exports only" },
        {
          selector:
            "MemberExpression[object.name='process'][property.name='exit']",
          message: "set process.exitCode",
        },
      ],
      "@typescript-eslint/restrict-template-expressions": [
        "error",
        { allowNumber: true },
      ],
      "@typescript-eslint/no-confusing-void-expression": [
        "error",
        { ignoreArrowShorthand: true },
      ],
    },
  },
  room("gate", "pure; no other room", outside, { ".": ["^\\./openapi/"] }),
  room("config", "pure; may import gate", outside, {
    rules: [onlyAbove("from-inputs", "gate-source", "location", "messages")],
  }),
  room("diff", "pure; may import gate", [...outside, "^(\\.\\./)+config/"]),
  room(
    "deploy",
    "may import gate and config; @pulumi/aws by deep path; GitHub belongs to src/action",
    ["^@actions/(core|github)", "^@pulumi/aws$", "^(\\.\\./)+diff/"],
    {
      policy: [onlyAbove("names"), "/(program|tokens)/"],
      program: [onlyAbove("names"), "/(policy|tokens)/"],
      tokens: [onlyAbove("aws"), "/program/"],
    },
  ),
  room("proof", "may import gate", [
    "^@actions/(core|github)",
    "^@pulumi/",
    "^(\\.\\./)+(config|diff|deploy)/",
  ]),
  room("report", "pure; may import gate, diff and types of proof", [
    ...outside,
    "^(\\.\\./)+(config|deploy)/",
    "^(\\.\\./)+proof/(?!check\\.ts)",
  ]),
  room("action", "may import every room before it", [], {
    inputs: ["^\\.\\./(github|stack)/", onlyAbove("events", "host", "job")],
    github: ["^\\.\\./stack/", "^\\.\\./(run|publish|run-checks)\\.ts$"],
    stack: ["^\\.\\./github/", "^\\.\\./(run|publish)\\.ts$"],
  }),
  forbid(
    ["contract/**"],
    ["^node:", "^@", "^\\.\\./"],
    "contract/ is pure and imports nothing: the action and the authorizer both read it",
  ),
  forbid(
    ["authorizer/**"],
    ["\\.\\./src", "\\.\\./local", "^node:http", "^@"],
    "the authorizer stands alone (and node:http costs cold start)",
  ),
  forbid(
    ["authorizer/aws/**"],
    ["\\.\\./src", "\\.\\./local", "^node:http", "^@", "/jwt/"],
    "authorizer/aws knows nothing of JWTs",
  ),
  forbid(
    ["local/*.ts"],
    ["/(src|authorizer)/"],
    "the local cloud is our independent reading of AWS and GitHub",
  ),
  ...Object.entries(localFolders).map(([folder, allowed]) =>
    forbid(
      [`local/${folder}/**`],
      [
        "/(src|authorizer)/",
        `^(\\.\\./)+(?!(${[folder, ...allowed].join("|")})/)(${Object.keys(localFolders).join("|")})/`,
      ],
      `local/${folder} may import ${allowed.join(", ") || "no other folder of local/"}; nothing in local/ imports src or authorizer`,
    ),
  ),
  {
    files: ["src/{gate,config,diff,deploy,proof,report}/**"],
    rules: {
      "no-restricted-globals": ["error", "process"],
    },
  },
  {
    files: ["src/deploy/program/*.ts"],
    rules: {
      "no-restricted-properties": [
        "error",
        {
          object: "JSON",
          property: "stringify",
          message: "use pulumi.jsonStringify",
        },
      ],
    },
  },
  {
    files: ["__tests__/**", "bench/**"],
    rules: {
      "max-lines": "off",
      "max-lines-per-function": "off",
      "max-params": "off",
      "@typescript-eslint/no-non-null-assertion": "off",
      // Tests look into parsed JSON and mocks' inputs; the assertion itself is the type check.
      "@typescript-eslint/no-unsafe-assignment": "off",
      "@typescript-eslint/no-unsafe-member-access": "off",
      "@typescript-eslint/no-unsafe-argument": "off",
      "@typescript-eslint/no-unsafe-return": "off",
    },
  },
);
