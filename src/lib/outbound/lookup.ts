/**
 * All addresses of a host name. Rejects with a `NameError`, or answers with an empty list, when there is none. The one way in which
 * a name that a user chose is resolved, when a pusher is set and again for each connection.
 */
export type Lookup = (hostname: string) => Promise<readonly string[]>

/** Why a name has no address. Its code is one of those that `getaddrinfo` gives; it names no host. */
export class NameError extends Error {
  override name = 'NameError'
  /** `ENOTFOUND`: the name does not exist, or has no address. `EAI_AGAIN`: no name server said so; it may be there. */
  readonly code: 'ENOTFOUND' | 'EAI_AGAIN'

  constructor(code: 'ENOTFOUND' | 'EAI_AGAIN', options?: ErrorOptions) {
    super(code === 'ENOTFOUND' ? 'the name has no address' : 'no name server answered', options)
    this.code = code
  }
}
