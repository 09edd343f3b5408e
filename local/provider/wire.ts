// The gRPC face of Pulumi's resource provider protocol: message classes by method, and properties in and out of messages.
import { Metadata, status, type ServiceDefinition } from "@grpc/grpc-js";
import type { Message } from "google-protobuf";
import any from "google-protobuf/google/protobuf/any_pb.js";
import empty from "google-protobuf/google/protobuf/empty_pb.js";
import struct, {
  type Struct,
} from "google-protobuf/google/protobuf/struct_pb.js";
import plugin from "@pulumi/pulumi/proto/plugin_pb.js";
import provider from "@pulumi/pulumi/proto/provider_pb.js";
import statuses from "@pulumi/pulumi/proto/status_pb.js";
import type { State } from "./lifecycle.ts";
import type { Properties } from "./values.ts";

export type { Struct };

interface MessageClass {
  new (): Message;
  deserializeBinary(bytes: Uint8Array): Message;
}

const { Empty } = empty;

/** Request and answer of each method that the stand-in implements; grpc-js answers UNIMPLEMENTED to the others. */
const METHODS: Readonly<Record<string, readonly [MessageClass, MessageClass]>> =
  {
    Handshake: [
      provider.ProviderHandshakeRequest,
      provider.ProviderHandshakeResponse,
    ],
    Attach: [plugin.PluginAttach, Empty],
    GetPluginInfo: [Empty, plugin.PluginInfo],
    CheckConfig: [provider.CheckRequest, provider.CheckResponse],
    DiffConfig: [provider.DiffRequest, provider.DiffResponse],
    Configure: [provider.ConfigureRequest, provider.ConfigureResponse],
    Check: [provider.CheckRequest, provider.CheckResponse],
    Diff: [provider.DiffRequest, provider.DiffResponse],
    Create: [provider.CreateRequest, provider.CreateResponse],
    Read: [provider.ReadRequest, provider.ReadResponse],
    Update: [provider.UpdateRequest, provider.UpdateResponse],
    Delete: [provider.DeleteRequest, Empty],
    Invoke: [provider.InvokeRequest, provider.InvokeResponse],
    Cancel: [Empty, Empty],
  };

const serialize = (message: Message): Buffer =>
  Buffer.from(message.serializeBinary());

export const PROVIDER_SERVICE: ServiceDefinition = Object.fromEntries(
  Object.entries(METHODS).map(([name, [request, answer]]) => [
    name,
    {
      path: `/pulumirpc.ResourceProvider/${name}`,
      requestStream: false,
      responseStream: false,
      requestSerialize: serialize,
      requestDeserialize: (bytes: Buffer) => request.deserializeBinary(bytes),
      responseSerialize: serialize,
      responseDeserialize: (bytes: Buffer) => answer.deserializeBinary(bytes),
    },
  ]),
);

export function properties(message: Struct | undefined): Properties {
  return message ? message.toJavaScript() : {};
}

export function message(values: Properties): Struct {
  return struct.Struct.fromJavaScript(values);
}

export interface CallError {
  readonly code: status;
  readonly details: string;
  readonly metadata?: Metadata;
}

/** A failure that the engine answers by keeping the half-made resource in its state. */
export function initializationError(state: State, reason: string): CallError {
  const detail = new provider.ErrorResourceInitFailed();
  detail.setId(state.id);
  detail.setProperties(message(state.outputs));
  detail.setInputs(message(state.inputs));
  detail.setReasonsList([reason]);
  detail.setRefreshBeforeUpdate(true);
  const packed = new any.Any();
  packed.pack(detail.serializeBinary(), "pulumirpc.ErrorResourceInitFailed");
  const whole = new statuses.Status();
  whole.setCode(status.UNKNOWN);
  whole.setMessage(reason);
  whole.setDetailsList([packed]);
  const metadata = new Metadata();
  metadata.set("grpc-status-details-bin", Buffer.from(whole.serializeBinary()));
  return { code: status.UNKNOWN, details: reason, metadata };
}

/** By method name; each takes the message class that wire.ts names for it. */
export type Handlers = Readonly<
  Record<string, (request: never) => Message | Promise<Message>>
>;
