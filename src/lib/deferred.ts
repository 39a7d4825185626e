import type { JsonObject } from './json.ts'

/**
 * A part of an answer that is made when its turn to be written comes: so that an answer of many large parts never has more than one
 * of them in memory. `make` must not throw for what the client did: by then the answer has begun.
 */
export class Deferred {
  readonly make: () => Promise<JsonObject>

  constructor(make: () => Promise<JsonObject>) {
    this.make = make
  }
}
