// The connections to one API server. HTTP/2 carries many requests on one, but a server allows only
// so many streams (Go's: 100), and watches hold theirs for minutes: they are spread over several.
// A connection may also go deaf: nothing comes any more and nobody says so. It is left for a new one
// as soon as that one is answered; while a new one is not answered either, the server is at fault,
// and everything stays as it is.

const WATCHES_PER_CONNECTION = 64;

export class Connection {
  readonly client: Deno.HttpClient;
  readonly #lost = new AbortController();
  /** When anything was last heard on it, by performance.now(). */
  heardAtMs = performance.now();
  watches = 0;

  constructor(client: Deno.HttpClient) {
    this.client = client;
  }

  /** Given when the connection is left: everything that still waits on it has failed. */
  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  heard(): void {
    this.heardAtMs = performance.now();
  }

  leave(): void {
    this.#lost.abort(new Error("nothing came any more on the connection: it is left"));
    this.client.close();
  }
}

export interface ConnectionsOptions {
  open(): Deno.HttpClient;
  /** Resolves when the server has answered anything at all over this client; soon or not at all. */
  ask(client: Deno.HttpClient): Promise<void>;
}

export class Connections {
  readonly #options: ConnectionsOptions;
  /** The first takes the requests that end; watches are on all of them. */
  #all: Connection[];
  #isClosed = false;
  #isProbing = false;

  constructor(options: ConnectionsOptions) {
    this.#options = options;
    this.#all = [new Connection(options.open())];
  }

  forRequest(): Connection {
    return this.#all[0];
  }

  takeForWatch(): Connection {
    let connection = this.#all.find(({ watches }) => watches < WATCHES_PER_CONNECTION);
    if (connection === undefined) {
      connection = new Connection(this.#options.open());
      this.#all.push(connection);
    }
    connection.watches++;
    return connection;
  }

  releaseWatch(connection: Connection): void {
    connection.watches--;
    const index = this.#all.indexOf(connection);
    if (connection.watches > 0 || index <= 0) return;
    this.#all.splice(index, 1);
    connection.leave();
  }

  /** Something waited since `sinceMs` in vain: is it the server or the connection? */
  async suspect(connection: Connection, sinceMs: number): Promise<void> {
    const isHeard = connection.heardAtMs > sinceMs;
    if (isHeard || this.#isProbing || this.#isClosed || !this.#all.includes(connection)) return;
    this.#isProbing = true;
    const client = this.#options.open();
    if (await this.#answers(client) && !this.#isClosed) {
      this.#all = [new Connection(client), ...this.#all.filter((one) => one !== connection)];
      connection.leave();
      await this.#leaveDeaf();
    } else client.close();
    this.#isProbing = false;
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const connection of this.#all) connection.leave();
  }

  async #answers(client: Deno.HttpClient): Promise<boolean> {
    return await this.#options.ask(client).then(() => true, () => false);
  }

  /** Where one connection was deaf, others often are. */
  async #leaveDeaf(): Promise<void> {
    await Promise.all(this.#all.map(async (connection) => {
      if (await this.#answers(connection.client)) return;
      if (connection === this.#all[0]) return;
      this.#all = this.#all.filter((one) => one !== connection);
      connection.leave();
    }));
  }
}
