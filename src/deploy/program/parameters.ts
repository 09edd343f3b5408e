import type { ProofPublicKey } from "../../../contract/authorizer-settings.ts";
import type { Gate } from "../../gate/gate.ts";

/** Texts by function: where one is another than before, the function's code is put there anew. */
export type CodeTriggers = Readonly<
  Partial<Record<"authorizer" | "custom", string>>
>;

export interface ProgramParameters {
  readonly gate: Gate;
  /** Physical name prefix, see `physicalName`. */
  readonly name: string;
  /** The file of the built-in authorizer's code. */
  readonly bundle: string;
  /** A directory that nobody else can write to, for files that the engine packs. */
  readonly scratch: string;
  /** The directory of the user's own authorizer, deployed as it is. */
  readonly ownAuthorizer: string;
  readonly tags: Readonly<Record<string, string>>;
  /** Public stack outputs besides the gate's URL (plain data). */
  readonly summary: object;
  /** Which repository brought the gate up, whatever it is called; undefined outside GitHub. */
  readonly repositoryId?: string | undefined;
  readonly codeTriggers: CodeTriggers;
  /** The private half is kept as a secret stack output; undefined when the proof is off. */
  readonly proofKey:
    | {
        readonly publicKey: ProofPublicKey;
        readonly privateKey: () => Promise<object>;
      }
    | undefined;
}

/** What every role of a gate has. */
export const roleSettings = ({
  permissionsBoundary,
  rolePath,
}: Pick<Gate, "permissionsBoundary" | "rolePath">) => ({
  ...(rolePath !== undefined && { path: rolePath }),
  ...(permissionsBoundary !== undefined && { permissionsBoundary }),
});
