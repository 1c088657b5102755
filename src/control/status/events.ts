// Kubernetes Events for what a person has to act on: a condition that says so for the first time.
// Takes statuses that were written, makes one Event for each reason and message; the same one again
// is refused by the API server while the first still exists. Lost Events harm nothing.

import { type ApiClient, ApiError } from "../provider/kubernetes/api_client.ts";
import type { PlainStatus, TimedCondition } from "./observed_statuses.ts";
import type { WrittenStatus } from "./status_writer.ts";

const WINDOW_MS = 60_000;
const MOST_IN_WINDOW = 30;
const MAX_MESSAGE_LENGTH = 1024;
/** With these it is True that calls for somebody; with all others False. */
const BAD_WHEN_TRUE: ReadonlySet<string> = new Set(["Conflicted", "PartiallyInvalid"]);

interface Complaint {
  readonly reason: string;
  readonly message: string;
}

interface Part {
  readonly name?: string;
  readonly conditions?: readonly TimedCondition[];
}

function complaintsOf(part: Part, where: string): Complaint[] {
  return (part.conditions ?? []).filter(({ type, status }) =>
    status === (BAD_WHEN_TRUE.has(type) ? "True" : "False")
  ).map(({ type, reason, message }) => ({ reason, message: `${where}${type}: ${message}` }));
}

function parts(value: unknown): readonly Part[] {
  return Array.isArray(value) ? value : [];
}

/** What a status complains of, each reason and message once. */
export function complaints(status: PlainStatus): Complaint[] {
  const all = [
    ...complaintsOf(status, ""),
    ...parts(status.listeners).flatMap((one) => complaintsOf(one, `listener ${one.name}: `)),
    ...parts(status.parents).flatMap((one) => complaintsOf(one, "")),
  ];
  return all.filter((one, index) =>
    // A listener that is not programmed says why in its other conditions.
    !one.message.includes("see its other conditions") &&
    all.findIndex(({ message }) => message === one.message) === index
  );
}

async function eventName(object: string, uid: string, complaint: Complaint): Promise<string> {
  const text = new TextEncoder().encode(JSON.stringify([uid, complaint]));
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", text));
  return `${object.slice(0, 200)}.${digest.slice(0, 8).toHex()}`;
}

export class EventWriter {
  readonly #client: ApiClient;
  readonly #instance: string;
  #windowStartMs = 0;
  #inWindow = 0;

  constructor(client: ApiClient, instance: string) {
    this.#client = client;
    this.#instance = instance;
  }

  async written({ object, before }: WrittenStatus): Promise<void> {
    if (object.kind === "GatewayClass") return;
    const known = new Set(complaints(before).map(({ message }) => message));
    for (const complaint of complaints(object.status)) {
      if (known.has(complaint.message) || !this.#mayWrite()) continue;
      await this.#create(object, complaint);
    }
  }

  #mayWrite(): boolean {
    const nowMs = performance.now();
    if (nowMs - this.#windowStartMs > WINDOW_MS) {
      this.#windowStartMs = nowMs;
      this.#inWindow = 0;
    }
    return ++this.#inWindow <= MOST_IN_WINDOW;
  }

  async #create(object: WrittenStatus["object"], complaint: Complaint): Promise<void> {
    const [namespace, name] = object.key.split("/");
    const now = new Date().toISOString().replace(/\.\d+Z$/, "Z");
    try {
      await this.#client.json({
        method: "POST",
        path: `/api/v1/namespaces/${namespace}/events`,
        body: {
          apiVersion: "v1",
          kind: "Event",
          metadata: { namespace, name: await eventName(name, object.uid, complaint) },
          involvedObject: {
            apiVersion: "gateway.networking.k8s.io/v1",
            kind: object.kind,
            namespace,
            name,
            uid: object.uid,
          },
          type: "Warning",
          reason: complaint.reason,
          message: complaint.message.slice(0, MAX_MESSAGE_LENGTH),
          source: { component: "rauta" },
          reportingComponent: "rauta.io/gateway-controller",
          reportingInstance: this.#instance,
          firstTimestamp: now,
          lastTimestamp: now,
          count: 1,
        },
      });
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
    }
  }
}
