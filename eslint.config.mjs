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

const pure = [
  "^node:",
  "^@actions/",
  "^@pulumi/",
  "^(\\.\\./)+(action|cloud|proof)/",
  "^(\\.\\./)+(authorizer|local)/",
];

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
  forbid(
    ["src/gate/**"],
    [...pure, "^(\\.\\./)+report/"],
    "src/gate is pure: no node, GitHub, Pulumi or other room",
  ),
  forbid(
    ["src/report/**"],
    pure,
    "src/report is pure: it may import src/gate only",
  ),
  forbid(
    ["src/cloud/**"],
    [
      "^@actions/(core|github)",
      "^\\.\\./(action|proof|report)/",
      "authorizer/",
      "local/",
      "^@pulumi/aws$",
    ],
    "src/cloud may import src/gate only; @pulumi/aws by deep path; GitHub belongs to src/action",
  ),
  forbid(
    ["src/proof/**"],
    [
      "^@actions/(core|github)",
      "^@pulumi/",
      "^\\.\\./(action|cloud|report)/",
      "authorizer/",
      "local/",
    ],
    "src/proof may import src/gate only",
  ),
  forbid(
    ["src/action/**", "src/*.ts"],
    ["authorizer/", "local/"],
    "the action never imports the authorizer or the local cloud",
  ),
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
    ["local/**"],
    ["\\.\\./src", "\\.\\./authorizer"],
    "the local cloud is our independent reading of AWS and GitHub",
  ),
  {
    files: ["src/gate/**", "src/report/**", "src/cloud/**", "src/proof/**"],
    rules: {
      "no-restricted-globals": ["error", "process"],
    },
  },
  {
    files: ["src/cloud/program.ts"],
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
