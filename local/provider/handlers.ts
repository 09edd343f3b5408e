// The provider's methods, one function each: configuration and data functions here, resources next door.
import type { Message } from "google-protobuf";
import empty from "google-protobuf/google/protobuf/empty_pb.js";
import plugin from "@pulumi/pulumi/proto/plugin_pb.js";
import provider from "@pulumi/pulumi/proto/provider_pb.js";
import { checkedAnswer, configDiffAnswer } from "./answers.ts";
import { FUNCTIONS } from "./functions.ts";
import {
  changingHandlers,
  otherHandlers,
  planningHandlers,
} from "./resource-handlers.ts";
import {
  misconfiguration,
  openSession,
  type Session,
  type Surroundings,
} from "./session.ts";
import { hasUnknown } from "./values.ts";
import { type Handlers, message, properties } from "./wire.ts";

/** The version of the plugin whose place this one takes. */
const VERSION = "7.48.0";

/** All methods of one provider. It must be configured before it can do anything with resources. */
export function providerHandlers(surroundings: Surroundings): Handlers {
  let session: Session | undefined;
  const current = (): Session => {
    if (!session) throw new Error("the provider is not configured");
    return session;
  };
  return {
    ...introductions(),
    ...configuring(surroundings, (opened) => (session = opened)),
    ...planningHandlers(current),
    ...changingHandlers(current),
    ...otherHandlers(current),
    Invoke: async (request: provider.InvokeRequest) => {
      const run = FUNCTIONS[request.getTok()];
      if (!run)
        throw new Error(
          `the stand-in for the AWS plugin does not know the function ${request.getTok()}`,
        );
      const result = await run(current().cloud);
      return new provider.InvokeResponse().setReturn(message(result));
    },
  };
}

/** No secrets, no resource references, no output values: the engine then keeps track of secrets itself. */
function introductions(): Handlers {
  const none = (): Message => new empty.Empty();
  return {
    Handshake: () => new provider.ProviderHandshakeResponse(),
    Attach: none,
    GetPluginInfo: () => new plugin.PluginInfo().setVersion(VERSION),
    // A call to AWS that is under way is finished: its result belongs into the state.
    Cancel: none,
  };
}

function configuring(
  surroundings: Surroundings,
  opened: (session: Session) => void,
): Handlers {
  return {
    CheckConfig: (request: provider.CheckRequest) => {
      const inputs = properties(request.getNews());
      const reason = hasUnknown(inputs)
        ? undefined
        : misconfiguration(surroundings, inputs);
      const failures = reason === undefined ? [] : [{ property: "", reason }];
      return checkedAnswer({ inputs, failures });
    },
    DiffConfig: (request: provider.DiffRequest) => {
      const old = properties(request.getOldInputs())["region"];
      const now = properties(request.getNews())["region"];
      return configDiffAnswer(old !== undefined && old !== now);
    },
    Configure: async (request: provider.ConfigureRequest) => {
      const config = properties(request.getArgs());
      opened(await openSession(surroundings, config));
      return new provider.ConfigureResponse().setSupportspreview(true);
    },
  };
}
