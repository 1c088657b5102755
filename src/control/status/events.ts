// Kubernetes Events for what a person has to act on: a condition that says so for the first time.
// Takes statuses that were written, makes one Event for each reason and message; the same one again
// is refused by the API server while the first still exists. Bounded by object and altogether, so that
// no storm of bad objects becomes a storm of writes. Lost Events harm nothing: the status has it all.

import { kindInfo } from "../../gatewayapi/kinds.ts";
import { type ApiClient, ApiError } from "../provider/kubernetes/api_client.ts";
import type { PlainStatus, TimedCondition } from "./observed_statuses.ts";
import type { WrittenStatus } from "./status_writer.ts";

const WINDOW_MS = 60_000;
const MOST_IN_WINDOW = 30;
const MOST_OF_ONE_OBJECT = 5;
/** Events of objects without a namespace are put here, where `kubectl describe` finds them. */
const CLUSTER_SCOPED_NAMESPACE = "default";
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

function apiVersionOf(kind: WrittenStatus["object"]["kind"]): string {
  const { group, versions } = kindInfo(kind);
  return `${group}/${versions[0]}`;
}

/** Seconds are what the API server keeps. */
function timeText(nowMs: number): string {
  return new Date(nowMs).toISOString().replace(/\.\d+Z$/, "Z");
}

export class EventWriter {
  readonly #client: Pick<ApiClient, "json">;
  readonly #instance: string;
  readonly #clock: () => number;
  readonly #ofObject = new Map<string, number>();
  #windowEndMs = 0;
  #inWindow = 0;

  /** `clock`: milliseconds since the epoch. */
  constructor(
    client: Pick<ApiClient, "json">,
    instance: string,
    clock: () => number = () => Date.now(),
  ) {
    this.#client = client;
    this.#instance = instance;
    this.#clock = clock;
  }

  /** Makes an Event of each complaint that the status before did not have. */
  async written({ object, before }: WrittenStatus): Promise<void> {
    const known = new Set(complaints(before).map(({ message }) => message));
    for (const complaint of complaints(object.status)) {
      if (known.has(complaint.message) || !this.#mayWrite(object.uid)) continue;
      await this.#create(object, complaint);
    }
  }

  #mayWrite(uid: string): boolean {
    const nowMs = this.#clock();
    if (nowMs >= this.#windowEndMs) {
      this.#windowEndMs = nowMs + WINDOW_MS;
      this.#inWindow = 0;
      this.#ofObject.clear();
    }
    const ofObject = this.#ofObject.get(uid) ?? 0;
    if (this.#inWindow >= MOST_IN_WINDOW || ofObject >= MOST_OF_ONE_OBJECT) return false;
    this.#ofObject.set(uid, ofObject + 1);
    this.#inWindow++;
    return true;
  }

  async #create(object: WrittenStatus["object"], complaint: Complaint): Promise<void> {
    const [first, second] = object.key.split("/");
    const namespace = second === undefined ? undefined : first;
    const name = second ?? first;
    const home = namespace ?? CLUSTER_SCOPED_NAMESPACE;
    const now = timeText(this.#clock());
    try {
      await this.#client.json({
        method: "POST",
        path: `/api/v1/namespaces/${home}/events`,
        body: {
          apiVersion: "v1",
          kind: "Event",
          metadata: { namespace: home, name: await eventName(name, object.uid, complaint) },
          involvedObject: {
            apiVersion: apiVersionOf(object.kind),
            kind: object.kind,
            ...(namespace === undefined ? {} : { namespace }),
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
