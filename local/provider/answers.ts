// Answers of the provider that take more than one line to pack: checked inputs and differences.
import type { Message } from "google-protobuf";
import provider from "@pulumi/pulumi/proto/provider_pb.js";
import type { Checked } from "./check.ts";
import { altered, type Difference } from "./difference.ts";
import type { ResourceType } from "./resource.ts";
import { message } from "./wire.ts";

const { CheckFailure, CheckResponse, DiffResponse, PropertyDiff } = provider;

export function checkedAnswer({ inputs, failures }: Checked): Message {
  const wire = failures.map(({ property, reason }) =>
    new CheckFailure().setProperty(property).setReason(reason),
  );
  return new CheckResponse().setInputs(message(inputs)).setFailuresList(wire);
}

/** Everything a change alters is named, outputs too, as the real plugin does. */
export function diffAnswer(type: ResourceType, found: Difference): Message {
  const { DIFF_NONE, DIFF_SOME } = DiffResponse.DiffChanges;
  const isRetagged = type.tagging !== undefined && found.changed.has("tags");
  const others = altered(type, found.changed).concat(
    isRetagged ? ["tagsAll"] : [],
  );
  const answer = new DiffResponse()
    .setHasdetaileddiff(true)
    .setChanges(found.changed.size > 0 ? DIFF_SOME : DIFF_NONE)
    .setDiffsList([...found.changed, ...others])
    .setReplacesList([...found.replaces])
    .setDeletebeforereplace(found.deleteBeforeReplace);
  const detailed = answer.getDetaileddiffMap();
  for (const [path, kind] of found.detailed) {
    const input = /^\w+/.exec(path)?.[0] ?? "";
    const suffix = found.replaces.has(input) ? "_REPLACE" : "";
    const wire = `${kind.toUpperCase()}${suffix}` as WireKind;
    const part = new PropertyDiff().setKind(PropertyDiff.Kind[wire]);
    detailed.set(path, part.setInputdiff(true));
  }
  const { UPDATE } = PropertyDiff.Kind;
  for (const path of others)
    detailed.set(path, new PropertyDiff().setKind(UPDATE));
  return answer;
}

type WireKind = keyof typeof PropertyDiff.Kind;

/** Resources cannot move: another region makes new ones. */
export function configDiffAnswer(isMoved: boolean): Message {
  const { DIFF_NONE, DIFF_SOME } = DiffResponse.DiffChanges;
  if (!isMoved) return new DiffResponse().setChanges(DIFF_NONE);
  return new DiffResponse()
    .setChanges(DIFF_SOME)
    .setDiffsList(["region"])
    .setReplacesList(["region"]);
}
