/**
 * The result of one attempt to send something: a poke to a gateway, a mail to a mail server, a notification to a provider.
 *
 * - `delivered`: the recipient's server took it.
 * - `rejected`: the recipient does not exist any more (pushkey, device token, subscription). Nothing can be sent to it again.
 * - `refused`: this message can never be sent. The recipient is sound.
 * - `retry`: it may be sent later.
 * - `misconfigured`: our configuration or credentials are refused. It may be sent once the operator has corrected them.
 *
 * `Fault`: the fixed words for a failure. None of them names a host, a pushkey, a token or a part of an answer.
 */
export type SendResult<Fault extends string = string> =
  | Delivered
  | Rejected
  | Refused<Fault>
  | Retry<Fault>
  | Misconfigured<Fault>

/** A result before its time is measured. */
export type Untimed<Result extends SendResult = SendResult> = Result extends SendResult
  ? Omit<Result, 'ms'>
  : never

type Attempted<Reason extends string> = {
  /** A fixed word: the provider's own (`BadDeviceToken`, `UNREGISTERED`) or one of ours. Never a secret. */
  reason: Reason
  /** The status of the answer (HTTP or SMTP). Absent: no answer came, or nothing was asked. */
  status?: number
  /** How long the attempt took, in milliseconds. */
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
   * A wrong configuration (environment, topic, project) looks the same, so it counts only after the app has delivered
   * something.
   */
  isDoubtful?: boolean
  /** No wrong configuration looks like this, so it counts at once and is no sign of a wrong configuration. */
  isCertain?: boolean
}

export type Refused<Fault extends string = string> = Attempted<Fault> & { kind: 'refused' }

export type Retry<Fault extends string = string> = Attempted<Fault> & {
  kind: 'retry'
  /** The wait that the answer asked for, in milliseconds. */
  retryAfterMs?: number
  /** It concerns this recipient alone, and is no sign of an outage (429 for one token, 507 for a missing subscriber). */
  isOfDevice?: boolean
}

export type Misconfigured<Fault extends string = string> = Attempted<Fault> & {
  kind: 'misconfigured'
  /** It concerns recipients of this kind alone; others of the same app can be reached. */
  isOfDevice?: boolean
  /** The recipient's address may not be called. A retry is of no use, and the destination is sound. */
  isOfAddress?: boolean
}
