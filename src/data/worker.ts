// The data-plane worker: a core, an upstream and a front, driven by the messages of protocol.ts.
// Runs with no permission but the network, reads no file and no variable. An error that nobody
// expected ends it, and the main thread puts another in its place.

import { AccessLog } from "./access_log.ts";
import { CoreHolder } from "./core_holder.ts";
import type { BindOutcome, Front } from "./front.ts";
import { bindingKey, type FromWorker, type ToWorker, type WorkerStart } from "./protocol.ts";
import { createPipeline } from "./serve/pipeline.ts";
import { ServeFront } from "./serve/serve_front.ts";
import { FetchUpstream } from "./upstream/fetch_upstream.ts";
