import type { JsonObject } from './json.ts'

/**
 * A part of a response that is made when it is written, so that a response of many large parts has only one of them
 * in memory. `make` must not throw errors meant for the client, because the response has already begun.
 */
export class Deferred {
  readonly make: () => Promise<JsonObject>

  constructor(make: () => Promise<JsonObject>) {
    this.make = make
  }
}
