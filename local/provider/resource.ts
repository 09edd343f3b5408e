// What the stand-in knows of a resource type: one row of the table in catalogue.ts. Rows do AWS calls and nothing else;
// checking, comparing, tagging and refreshing are the same for all of them (lifecycle.ts, difference.ts).
import type { Cloud } from "./aws/cloud.ts";
import type { Properties, Value } from "./values.ts";

export interface InputRule {
  /** A change of this property makes a new resource. */
  readonly replaces?: true;
  /** AWS fills it in when it is not given: its absence is then no difference. */
  readonly computed?: true;
  /** Used when the program gives none. */
  readonly default?: Value;
  /** A JSON document: two texts with the same content are equal. */
  readonly json?: true;
  /** Keys are the user's own (tags, variables), so a key found in AWS and not in the program is a difference. */
  readonly free?: true;
  /** AWS does not tell what was given: a refresh leaves it alone. */
  readonly unread?: true;
  /** A list whose order has no meaning. */
  readonly set?: true;
}

interface Update {
  readonly id: string;
  /** The last known outputs. */
  readonly old: Properties;
  readonly inputs: Properties;
  /** Names of the inputs that differ; never `tags`. */
  readonly changed: ReadonlySet<string>;
}

export interface ResourceType {
  /** As Terraform names it in its errors: `API Gateway REST API`. */
  readonly label: string;
  readonly inputs: Readonly<Record<string, InputRule>>;
  /** Outputs that are no inputs: unknown in a preview of a create. */
  readonly computed: readonly string[];
  /** Outputs that a change of an input makes unknown in a preview of an update. */
  readonly alters?: Readonly<Record<string, readonly string[]>>;
  /** The property that names the resource when the program does not, and the longest name AWS takes. */
  readonly autoname?: { readonly property: string; readonly longest: number };
  /** Says why AWS or Terraform would refuse the inputs, without asking AWS. */
  readonly refuse?: (
    inputs: Properties,
  ) => { readonly property: string; readonly reason: string }[];
  /** Creates; calls `created` with the id as soon as something exists that must not be forgotten. */
  readonly create: (
    cloud: Cloud,
    inputs: Properties,
    created: (id: string) => void,
  ) => Promise<void>;
  /** The outputs as AWS has them now, or undefined when the resource is gone. */
  readonly read: (
    cloud: Cloud,
    id: string,
    state: Properties,
  ) => Promise<Properties | undefined>;
  /** Resources of which every input replaces have none. */
  readonly update?: (cloud: Cloud, update: Update) => Promise<void>;
  readonly delete: (
    cloud: Cloud,
    id: string,
    state: Properties,
  ) => Promise<void>;
  /** How its tags are changed; types without it have no tags. */
  readonly tagging?: Tagging;
}

export interface Tagging {
  readonly add: (
    cloud: Cloud,
    state: Properties,
    tags: Readonly<Record<string, string>>,
  ) => Promise<unknown>;
  readonly remove: (
    cloud: Cloud,
    state: Properties,
    keys: readonly string[],
  ) => Promise<unknown>;
}

export interface Updating {
  readonly id: string;
  readonly old: Properties;
  readonly oldInputs: Properties;
  readonly inputs: Properties;
}
