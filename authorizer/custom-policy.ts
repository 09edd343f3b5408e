// What the user's own authorizer may answer, and what its policy says of one call by IAM's rules. Nothing else of the answer (a
// context above all) comes through. Pure.
import {
  either,
  list,
  object,
  oneOf,
  text,
  type Reader,
} from "../contract/readers.ts";

export type CustomAnswer =
  /** It failed with exactly `Unauthorized`, as API Gateway has it. */
  | { readonly kind: "unauthorized" }
  | {
      readonly kind: "policy";
      /** Stands in a header: `custom` when the user's name for the caller could not. */
      readonly name: string;
      readonly statements: readonly Statement[];
    };

interface Statement {
  readonly Effect: "Allow" | "Deny";
  readonly Action: string | readonly string[];
  readonly Resource: string | readonly string[];
}

const headerSafe = /^[\x21-\x7e]{1,128}$/;

/** `${…}` is a variable of IAM's, whose value nobody here knows. */
const pattern = text(/^(?!.*\$\{)[\x20-\x7e]{1,512}$/);
const patterns = either(list(1, 1000, pattern), pattern);
/** Other keys (NotAction, NotResource, Condition, …) narrow or widen a statement: without them it would say something else. */
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

/** @throws InvalidData when it is no policy that the gate can evaluate */
export function readCustomAnswer(value: unknown): CustomAnswer {
  const { policyDocument, principalId } = answer(value, "answer");
  return {
    kind: "policy",
    name: headerSafe.test(principalId) ? principalId : "custom",
    statements: [policyDocument.Statement].flat(),
  };
}

/** A matching Deny wins; without a matching Allow the call is denied too. */
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

/** IAM reads actions without case, resources with it. */
const isInvoke = (action: string): boolean =>
  matches(action.toLowerCase(), "execute-api:invoke");

/** `*` stands for any characters, slashes and colons too; `?` for one. At most pattern times value steps. */
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
