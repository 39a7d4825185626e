/**
 * The result of one attempt to send something: a poke to a gateway, a mail to a mail server, a notification
 * to a provider.
 *
 * - `delivered`: the server of the recipient accepted it.
 * - `rejected`: the recipient no longer exists (pushkey, device token, subscription). Nothing can be sent to
 *   it again.
 * - `refused`: this message can never be sent. The recipient works.
 * - `retry`: it may be sent later.
 * - `misconfigured`: the configuration or credentials of this server are refused. It can be sent after the
 *   operator has corrected them.
 *
 * `Fault`: the fixed words for a failure. No word contains a host, a pushkey, a token or a part of a
 * response.
 */
export type SendResult<Fault extends string = string> =
  | Delivered
  | Rejected
  | Refused<Fault>
  | Retry<Fault>
  | Misconfigured<Fault>

/** Whether the attempt failed, and may be made again. */
export const isFailure = <Event extends { kind: string }>(
  event: Event,
): event is Extract<Event, { kind: 'retry' | 'misconfigured' }> =>
  event.kind === 'retry' || event.kind === 'misconfigured'

/** A result before its time is measured. */
export type Untimed<Result extends SendResult = SendResult> = Result extends SendResult
  ? Omit<Result, 'ms'>
  : never

type Attempted<Reason extends string> = {
  /** A fixed word of the provider (`BadDeviceToken`, `UNREGISTERED`) or of this server. Never a secret. */
  reason: Reason
  /** The status of the response (HTTP or SMTP). Absent: there was no response or no request. */
  status?: number
  /** The duration of the attempt, in milliseconds. */
  ms: number
}

export type Delivered = Attempted<string> & {
  kind: 'delivered'
  /** The provider's id of the message. */
  providerId?: string
}

export type Rejected = Attempted<string> & {
  kind: 'rejected'
  /**
   * A wrong configuration (environment, topic, project) has the same response, so the rejection counts only
   * after a delivery of the app.
   */
  isDoubtful?: boolean
  /**
   * A wrong configuration never has this response, so the rejection counts at once and is no sign of a wrong
   * configuration.
   */
  isCertain?: boolean
}

export type Refused<Fault extends string = string> = Attempted<Fault> & { kind: 'refused' }

export type Retry<Fault extends string = string> = Attempted<Fault> & {
  kind: 'retry'
  /** The wait that the response requests, in milliseconds. */
  retryAfterMs?: number
  /**
   * The result concerns this recipient only, and is no sign of an outage (429 for one token, 507 for a
   * missing subscriber).
   */
  isOfDevice?: boolean
}

export type Misconfigured<Fault extends string = string> = Attempted<Fault> & {
  kind: 'misconfigured'
  /** The result concerns recipients of this kind only. Other recipients of the app can be reached. */
  isOfDevice?: boolean
  /** The address of the recipient may not be called. A retry has no use, and the destination works. */
  isOfAddress?: boolean
}
