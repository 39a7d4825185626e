/**
 * Tells a wait that it must end before its time: the part of an `AbortSignal` that a long poll uses.
 * Thousands of long polls wait, and an `AbortSignal` with its controller and a listener takes half a
 * kilobyte.
 */
export type Ending = {
  readonly aborted: boolean
  addEventListener(type: 'abort', listener: () => void): void
  removeEventListener(type: 'abort', listener: () => void): void
  /**
   * The response was read in one snapshot with the session of its requester, so the session is not checked
   * again before it is sent.
   */
  readWithSession?(): void
}
