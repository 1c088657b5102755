// What /explain answers: a core of the main thread's own over the very tables that the workers took.
// Made with the first question, so that a gateway that nobody asks pays nothing for it.

import { BadQuery } from "../admin/server.ts";
import { Explainer } from "../core/explain.ts";
import {
  type ExplainAnswer,
  type ExplainQuery,
  explainQuery,
  fromParams,
  QueryError,
} from "../core/explain_query.ts";
import type { ExchangeLimits } from "../core/exchange_core.ts";
import { GatewayCore } from "../core/gateway_core.ts";
import { HeadGate } from "../core/head_gate.ts";
import type { IdRegistry } from "../core/ids.ts";
import type { Served } from "./table_publisher.ts";

interface Answerer {
  readonly explainer: Explainer;
  readonly gate: HeadGate;
}

export class ExplainPage {
  #answerer: Promise<Answerer> | undefined;
  #ready: Answerer | undefined;
  #loaded: Partial<Served["tables"]> = {};

  constructor(
    readonly compile: () => Promise<WebAssembly.Module>,
    readonly ids: IdRegistry,
    readonly limits: ExchangeLimits,
  ) {}

  /**
   * `servedNow` is asked when it is used: the memory of a table that was replaced is used again.
   * @throws {BadQuery} for a question that can't be asked.
   */
  async answer(
    servedNow: () => Served | undefined,
    query: URLSearchParams,
  ): Promise<ExplainAnswer> {
    const answerer = await this.#prepared();
    const served = servedNow();
    if (!served) throw new BadQuery("nothing is served yet");
    try {
      return this.#ask(answerer, served, fromParams(query));
    } catch (error) {
      if (error instanceof QueryError) throw new BadQuery(error.message, { cause: error });
      throw error;
    }
  }

  /**
   * As `answer`, of a head that was let through, at once: null until the core is there, which `prepare` sees to.
   * @throws {QueryError} for a question that can't be asked.
   */
  answerNow(served: Served, query: ExplainQuery): ExplainAnswer | null {
    return this.#ready ? this.#ask({ explainer: this.#ready.explainer }, served, query) : null;
  }

  /** Makes the core, where there is none. */
  async prepare(): Promise<void> {
    await this.#prepared();
  }

  async #prepared(): Promise<Answerer> {
    this.#answerer ??= this.compile().then((module) => {
      const core = GatewayCore.create(module);
      return { explainer: new Explainer(core, this.ids), gate: new HeadGate(core, this.limits) };
    });
    return this.#ready = await this.#answerer;
  }

  #ask(
    answerer: Partial<Answerer> & Pick<Answerer, "explainer">,
    served: Served,
    query: ExplainQuery,
  ) {
    try {
      this.#load(answerer.explainer.core, served.tables);
      const { snapshot, bindings } = served;
      return explainQuery({ snapshot, bindings, ...answerer }, query);
    } catch (error) {
      if (error instanceof QueryError) throw error;
      // A core that trapped is of no more use: the next question gets another one.
      this.#answerer = this.#ready = undefined;
      this.#loaded = {};
      throw error;
    }
  }

  #load(core: GatewayCore, { routes, endpoints }: Served["tables"]): void {
    const results = [
      this.#loaded.routes === routes ? undefined : core.loadRoutes(routes),
      this.#loaded.endpoints === endpoints ? undefined : core.loadEndpoints(endpoints),
    ];
    for (const result of results) if (result && !result.ok) throw new Error(result.reason);
    this.#loaded = { routes, endpoints };
  }
}
