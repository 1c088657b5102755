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
import { GatewayCore } from "../core/gateway_core.ts";
import type { IdRegistry } from "../core/ids.ts";
import type { Served } from "./table_publisher.ts";

export class ExplainPage {
  #explainer: Promise<Explainer> | undefined;
  #ready: Explainer | undefined;
  #loaded: Partial<Served["tables"]> = {};

  constructor(readonly compile: () => Promise<WebAssembly.Module>, readonly ids: IdRegistry) {}

  /**
   * `servedNow` is asked when it is used: the memory of a table that was replaced is used again.
   * @throws {BadQuery} for a question that can't be asked.
   */
  async answer(
    servedNow: () => Served | undefined,
    query: URLSearchParams,
  ): Promise<ExplainAnswer> {
    const explainer = await this.prepare();
    const served = servedNow();
    if (!served) throw new BadQuery("nothing is served yet");
    try {
      return this.#ask(explainer, served, fromParams(query));
    } catch (error) {
      if (error instanceof QueryError) throw new BadQuery(error.message, { cause: error });
      throw error;
    }
  }

  /**
   * As `answer`, at once: null until the core is there, which `prepare` sees to.
   * @throws {QueryError} for a question that can't be asked.
   */
  answerNow(served: Served, query: ExplainQuery): ExplainAnswer | null {
    return this.#ready ? this.#ask(this.#ready, served, query) : null;
  }

  /** Makes the core, where there is none. */
  async prepare(): Promise<Explainer> {
    this.#explainer ??= this.compile().then((module) =>
      new Explainer(GatewayCore.create(module), this.ids)
    );
    return this.#ready = await this.#explainer;
  }

  #ask(explainer: Explainer, served: Served, query: ExplainQuery): ExplainAnswer {
    try {
      this.#load(explainer.core, served.tables);
      const { snapshot, bindings } = served;
      return explainQuery({ snapshot, bindings, explainer }, query);
    } catch (error) {
      if (error instanceof QueryError) throw error;
      // A core that trapped is of no more use: the next question gets another one.
      this.#explainer = this.#ready = undefined;
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
