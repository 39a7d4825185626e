/**
 * All addresses of a host name. When there is none it rejects with a `NameError` or resolves to an empty list. Names
 * that users chose are only resolved with this function: when a pusher is set, and again for each connection.
 */
export type Lookup = (hostname: string) => Promise<readonly string[]>

/** Why a name has no address. The code is one of `getaddrinfo`; the message does not contain the host. */
export class NameError extends Error {
  override name = 'NameError'
  /**
   * `ENOTFOUND`: the name does not exist, or has no address. `EAI_AGAIN`: no name server answered; the name may
   * exist.
   */
  readonly code: 'ENOTFOUND' | 'EAI_AGAIN'

  constructor(code: 'ENOTFOUND' | 'EAI_AGAIN', options?: ErrorOptions) {
    super(code === 'ENOTFOUND' ? 'the name has no address' : 'no name server answered', options)
    this.code = code
  }
}
