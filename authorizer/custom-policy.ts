import {
  either,
  list,
  object,
  oneOf,
  text,
  type Reader,
} from "../contract/readers.ts";

export type CustomAnswer =
  | { readonly kind: "unauthorized" }
  | {
      readonly kind: "policy";
      /** `custom` where the principalId cannot stand in a header. */
      readonly name: string;
      readonly statements: readonly Statement[];
    };

interface Statement {
  readonly Effect: "Allow" | "Deny";
  readonly Action: string | readonly string[];
  readonly Resource: string | readonly string[];
}

const headerSafe = /^[\x21-\x7e]{1,128}$/;

/** IAM policy variables (`${…}`) cannot be evaluated here. */
const pattern = text(/^(?!.*\$\{)[\x20-\x7e]{1,512}$/);
const patterns = either(list(1, 1000, pattern), pattern);
/** NotAction, NotResource and Condition would change what a statement means, so they are refused. */
const statement: Reader<Statement> = object(
  {
    Effect: oneOf<"Allow" | "Deny">("Allow", "Deny"),
    Action: patterns,
    Resource: patterns,
  },
  { Sid: pattern },
);
const answer = object(
  {
    principalId: text(/[^]/),
    policyDocument: object(
      { Statement: either(list(1, 1000, statement), statement) },
      { Version: oneOf("2012-10-17" as const), Id: pattern },
    ),
  },
  {},
  true,
);

/** @throws InvalidData when the gate cannot evaluate it */
export function readCustomAnswer(value: unknown): CustomAnswer {
  const { policyDocument, principalId } = answer(value, "answer");
  return {
    kind: "policy",
    name: headerSafe.test(principalId) ? principalId : "custom",
    statements: [policyDocument.Statement].flat(),
  };
}

export function isAllowed(
  statements: readonly Statement[],
  methodArn: string,
): boolean {
  const effects = statements
    .filter(
      ({ Action, Resource }) =>
        [Action].flat().some(isInvoke) &&
        [Resource].flat().some((resource) => matches(resource, methodArn)),
    )
    .map(({ Effect }) => Effect);
  return effects.includes("Allow") && !effects.includes("Deny");
}

const isInvoke = (action: string): boolean =>
  matches(action.toLowerCase(), "execute-api:invoke");

/** `*` stands for any characters, `?` for one. At most pattern × value steps. */
export function matches(wanted: string, value: string): boolean {
  let [at, from, star, retry] = [0, 0, -1, 0];
  while (from < value.length) {
    if (wanted[at] === "*") {
      [star, retry] = [at, from];
      at += 1;
    } else if (wanted[at] === "?" || wanted[at] === value[from]) {
      at += 1;
      from += 1;
    } else if (star >= 0) {
      retry += 1;
      [at, from] = [star + 1, retry];
    } else return false;
  }
  return /^\**$/.test(wanted.slice(at));
}
