/**
 * Carries texts between the processes on one database. Texts may be lost, repeated and reordered. The own
 * texts come back.
 */
export type Link = AsyncDisposable & {
  /**
   * Connects, and connects again after each loss, until it is disposed of. Resolves after the first attempt,
   * also if it failed: the server works without other processes. @throws ConfigError when the other side
   * refuses the credentials or the certificate
   */
  start(to: LinkEvents): Promise<void>
  /** Call it only while the link is connected. */
  send(text: string): void
  /** Ends a connection that does not answer, and connects again. */
  reconnect(): void
  /** The largest text, in bytes of UTF-8. */
  readonly maxBytes: number
}

export type LinkEvents = {
  connected(): void
  disconnected(): void
  received(text: string): void
}
