// Imports: the engine reads a resource by the id alone that a user gives. What the Terraform provider's importers make of it
// (each resource's documentation, section "Import").
import type { State } from "./lifecycle.ts";
import type { ResourceType } from "./resource.ts";
import type { Properties } from "./values.ts";

type Importer = (given: string) => Pick<State, "id"> & { state: Properties };

const split = (given: string): [string, string] => {
  const at = given.indexOf("/");
  if (at <= 0 || at === given.length - 1)
    throw new Error(`unexpected format of ID (${given}), expected two parts`);
  return [given.slice(0, at), given.slice(at + 1)];
};

const importers: Readonly<Record<string, Importer>> = {
  "aws:apigateway/basePathMapping:BasePathMapping": (given) => {
    const at = given.indexOf("/");
    const [domainName, basePath] = [given.slice(0, at), given.slice(at + 1)];
    return { id: given, state: { domainName, basePath } };
  },
  "aws:apigateway/deployment:Deployment": (given) => {
    const [restApi, id] = split(given);
    return { id, state: { restApi } };
  },
  "aws:apigateway/stage:Stage": (given) => {
    const [restApi, stageName] = split(given);
    return { id: `ags-${restApi}-${stageName}`, state: { restApi, stageName } };
  },
  "aws:apigateway/usagePlanKey:UsagePlanKey": (given) => {
    const [usagePlanId, keyId] = split(given);
    return { id: keyId, state: { usagePlanId, keyId } };
  },
  "aws:lambda/permission:Permission": (given) => {
    const [name, id] = split(given);
    // An ARN has more parts, and is the function's name as it is.
    const [lambda = "", qualifier, ...more] = name.split(":");
    const state =
      more.length > 0
        ? { function: name }
        : { function: lambda, ...(qualifier && { qualifier }) };
    return { id, state };
  },
};

/** Whether the engine knows nothing but the id, as it does of what a refresh reads. */
export const isImport = ({ inputs, outputs }: State): boolean =>
  [inputs, outputs].every((properties) => Object.keys(properties).length === 0);

/** @returns the state to read by. */
export function importedFrom(token: string, known: State): State {
  const importer = importers[token];
  if (importer === undefined) return known;
  const { id, state } = importer(known.id);
  return { id, inputs: state, outputs: {} };
}

/** What a program leaves out is in an imported state as well. */
export function withDefaults({ inputs: rules }: ResourceType, state: State) {
  const defaults = Object.entries(rules).flatMap(([name, rule]) =>
    rule.default === undefined
      ? []
      : [[name, state.outputs[name] ?? rule.default] as const],
  );
  const inputs = { ...Object.fromEntries(defaults), ...state.inputs };
  return { ...state, inputs };
}
