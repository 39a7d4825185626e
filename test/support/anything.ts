/** A placeholder for the dependencies of route factories, which only read from it. */
export const anything: unknown = new Proxy(() => undefined, { get: () => anything, apply: () => anything })
