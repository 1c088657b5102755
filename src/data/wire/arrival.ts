// Where a client's connection came in, and from whom. Plain data.

/** What all connections of one binding have in common. */
export interface Entrance {
  /** What the core knows the binding's listeners by; follows the tables. */
  portGroup: number;
  /** The binding is gone: its connections go after their exchange. */
  isClosing: boolean;
}

export interface Arrival {
  readonly peer: string;
  readonly port: number;
  /** 1: http, 2: https (core.as/head/head.ts). */
  readonly schemeId: number;
  /** The peer is a proxy whose word counts. */
  readonly isTrusted: boolean;
  readonly entrance: Entrance;
  /** Of the first request; by it the requests of one client spread over endpoints. Default 0. */
  readonly ordinal?: number;
}
