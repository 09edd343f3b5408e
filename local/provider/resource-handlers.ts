// The provider's methods that concern resources: unpack, plan or do, pack.
import empty from "google-protobuf/google/protobuf/empty_pb.js";
import provider from "@pulumi/pulumi/proto/provider_pb.js";
import { checkedAnswer, diffAnswer } from "./answers.ts";
import { CATALOGUE } from "./catalogue.ts";
import { check } from "./check.ts";
import { difference, knownInputs } from "./difference.ts";
import { importedFrom, isImport, withDefaults } from "./imports.ts";
import { create, read, remove, type State, update } from "./lifecycle.ts";
import { previewCreate, previewUpdate } from "./preview.ts";
import type { ResourceType } from "./resource.ts";
import type { Session } from "./session.ts";
import { type Handlers, message, properties, type Struct } from "./wire.ts";

/** Nothing here asks AWS. */
export function planningHandlers(current: () => Session): Handlers {
  return {
    Check: (request: provider.CheckRequest) => {
      const { cloud, defaultTags } = current();
      const checking = {
        logicalName: request.getUrn().split("::").at(-1) ?? "",
        old: properties(request.getOlds()),
        inputs: properties(request.getNews()),
        seed: request.getRandomseed_asU8(),
        ...{ defaultTags, region: cloud.region },
      };
      return checkedAnswer(check(typeOf(request.getUrn()), checking));
    },
    Diff: (request: provider.DiffRequest) => {
      const type = typeOf(request.getUrn());
      const old = knownInputs(
        type,
        properties(request.getOldInputs()),
        properties(request.getOlds()),
      );
      const inputs = properties(request.getNews());
      return diffAnswer(type, difference(type, old, inputs));
    },
  };
}

export function changingHandlers(current: () => Session): Handlers {
  return {
    Create: async (request: provider.CreateRequest) => {
      const type = typeOf(request.getUrn());
      const inputs = properties(request.getProperties());
      const answer = new provider.CreateResponse();
      if (request.getPreview())
        return answer.setProperties(message(previewCreate(type, inputs)));
      const state = await create(current().cloud, type, inputs);
      return answer.setId(state.id).setProperties(withId(state));
    },
    Update: async (request: provider.UpdateRequest) => {
      const type = typeOf(request.getUrn());
      const updating = {
        id: request.getId(),
        old: properties(request.getOlds()),
        oldInputs: properties(request.getOldInputs()),
        inputs: properties(request.getNews()),
      };
      const answer = new provider.UpdateResponse();
      if (request.getPreview())
        return answer.setProperties(message(previewUpdate(type, updating)));
      const state = await update(current().cloud, type, updating);
      return answer.setProperties(withId(state));
    },
  };
}

export function otherHandlers(current: () => Session): Handlers {
  return {
    Read: async (request: provider.ReadRequest) => {
      const known = {
        id: request.getId(),
        outputs: properties(request.getProperties()),
        inputs: properties(request.getInputs()),
      };
      const type = typeOf(request.getUrn());
      const isNew = isImport(known);
      const from = isNew
        ? importedFrom(tokenOf(request.getUrn()), known)
        : known;
      const found = await read(current().cloud, type, from);
      const state = found && isNew ? withDefaults(type, found) : found;
      const answer = new provider.ReadResponse();
      // An empty id tells the engine that the resource is gone.
      if (!state) return answer;
      answer.setId(state.id).setProperties(withId(state));
      return answer.setInputs(message(state.inputs));
    },
    Delete: async (request: provider.DeleteRequest) => {
      const inputs = properties(request.getOldInputs());
      const state = { ...inputs, ...properties(request.getProperties()) };
      const type = typeOf(request.getUrn());
      await remove(current().cloud, type, request.getId(), state);
      return new empty.Empty();
    },
  };
}

function withId(state: State): Struct {
  return message({ ...state.outputs, id: state.id });
}

const tokenOf = (urn: string): string =>
  urn.split("::")[2]?.split("$").at(-1) ?? "";

/** The row for a URN (`urn:pulumi:stack::project::parent$type::name`). Throws for types that are not in the table. */
function typeOf(urn: string): ResourceType {
  const token = tokenOf(urn);
  const type = CATALOGUE[token];
  if (type) return type;
  const words = "the stand-in for the AWS plugin does not know";
  throw new Error(`${words} the resource type ${token}`);
}
