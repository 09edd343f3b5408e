// The part of the contract about what stops a run, and what GitHub shows of a gate beside its comment.
export const checkInputs = {
  "fail-on": {
    description:
      "Findings that stop a `preview`, and an `up` before it changes anything, comma separated (docs/pull-requests.md lists them), or `none`",
    default: "auth-removed,public-route",
  },
  allow: {
    description:
      "Findings to let through all the same: `code` or `code subject` lines, the subject as the report prints it",
  },
  "expect-no-changes": {
    description:
      "Fail a `preview` that would change something, and an `up` before it does",
    default: "false",
  },
  "expected-plan": {
    description:
      "The output `plan` of an earlier `preview`: `up` changes nothing unless it would do exactly that. `any` compares with none; an empty value is refused, since it comes from a preview that wrote no plan",
    default: "any",
  },
  "drift-issue": {
    description:
      "With `drift`: keep one issue while there is drift; needs `issues: write`",
    default: "false",
  },
  ephemeral: {
    description:
      "The gate lives as long as its pull request: `up` when it is opened or pushed to, `destroy` when it is closed. The stack's name must hold the number: `pr-` and `github.event.number`",
    default: "false",
  },
  environment: {
    description:
      "GitHub environment whose deployment shows the gate's URL; needs `deployments: write`",
  },
} as const;
