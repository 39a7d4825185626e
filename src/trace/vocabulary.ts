/**
 * The steps of a journey with their reasons, and a sentence for each reason. docs/journey.md shows this list.
 * A stage with a new reason must add it here; otherwise it does not compile.
 */
export const VOCABULARY = {
  stored: {
    stored: 'The event was accepted and stored.',
  },
  decided: {
    notifies: 'A push rule notifies the user of the event.',
    'does not notify': 'The first push rule that matches does not notify the user.',
    'wakes only':
      "The event does not count as unread. It is sent to the user's devices, which can decrypt it and evaluate the push rules.",
    'no rule matched': 'No push rule matches the event.',
    'own event': 'Users are not notified of their own events.',
    'not a member': 'The user was not in the room at the time of the event.',
    'sender is ignored': 'The user ignores the sender.',
    'rules failed':
      'The push rules could not be evaluated. This is a fault of the server; the error is in its log.',
    'not kept':
      'The decision is no longer known: the user has left the room since, or the record was removed because of its age.',
  },
  counted: {
    unread: 'The event counts as an unread notification.',
    highlight: 'The event counts as an unread notification and as a highlight.',
  },
  retracted: {
    redacted: 'The event was redacted and no longer counts.',
  },
  'not queued': {
    'no pushers': 'The user had no pusher.',
    'set after the event': 'The pusher was set after the event.',
    'pusher disabled': 'The pusher was disabled.',
    'not activated': 'The app has not confirmed the pusher.',
    'does not notify': 'The event does not notify this device.',
    'not recorded':
      'The result is not recorded: tracing was off, or the record was removed because of its age.',
  },
  waiting: {
    queued: 'The event was added to the queue of the pusher.',
    'gateway failing': 'The gateway fails; the pusher retries later.',
    'may be read first': 'The event is mailed if the user does not read it in the next minutes.',
    'mail server failing': 'The mail server fails; the pusher retries later.',
  },
  held: {
    'active elsewhere': 'The user is active on another device and may read the event there.',
    'mailed not long ago': 'A mail about the room was sent recently, so the next one is delayed.',
    'circuit open': 'The gateway failed several times in a row, so attempts are paused for a while.',
  },
  attempt: {
    taken: 'The gateway accepted the poke.',
    rejected: 'The gateway accepted the poke and reported that the pushkey is no longer valid.',
    'rejected too late':
      'The gateway reported that the pushkey is no longer valid, but the pusher was set again in the meantime; the poke is sent again.',
    'refused, shorter next': 'The gateway refused the poke permanently; the short form is sent next.',
    refused: 'The gateway refused the poke permanently.',
    failed: 'The poke was not delivered; it is retried.',
    'mail taken': 'The mail server accepted the mail.',
    'mail refused': 'The mail server refused the mail permanently.',
    'mail failed': 'The mail was not sent; it is retried.',
  },
  sent: {
    sent: 'The notification was sent to the device, as far as this server knows.',
    mailed: 'The event was mailed, as far as this server knows.',
  },
  fetched: {
    fetched: 'The device fetched the event from this server after the poke, so the push has arrived.',
  },
  'not seen': {
    'not fetched':
      'The app usually fetches the event of a push at once. It has not fetched this one, and has used this server since, so the push probably did not arrive.',
  },
  resent: {
    taken: 'The event was sent to the device again, as a test. The gateway accepted the poke.',
    rejected:
      'The event was sent to the device again, as a test. The gateway reported that the pushkey is no longer valid.',
    failed: 'The event was sent to the device again, as a test. The poke was not delivered.',
  },
  rejected: {
    rejected: 'The pusher was removed because its gateway rejected the pushkey.',
  },
  dropped: {
    'refused for good': 'The event is not sent, because the gateway refused it permanently.',
    'mail refused for good': 'The event is not mailed, because the mail server refused it permanently.',
  },
  skipped: {
    gone: 'The event no longer existed.',
    redacted: 'The event was redacted before it was sent.',
    'own event': 'Users are not notified of their own events.',
    'not a member': 'The user left the room before the event was sent.',
    expired: 'The call was too old to ring.',
    'past retention': 'The event became older than its room keeps messages before it was sent.',
    read: 'The event was read before it was sent.',
    'sender is ignored': 'The user ignored the sender before the event was sent.',
    'does not notify': 'The push rules of the device do not notify of the event.',
    'in the app only': 'The event is shown in the app and not pushed.',
    'suppressed by a device rule': 'A push rule of the device suppresses the event.',
    collapsed: 'After an outage a newer event of the same room was sent instead.',
    disabled: 'The pusher was disabled before the event was sent.',
    'not by e-mail': 'The push rule does not allow a mail about the event.',
  },
  cleared: {
    'pusher disabled': 'The pusher was disabled while the event waited.',
    'pusher removed': 'The pusher was removed while the event waited.',
  },
  gateway: {
    delivered: 'The provider accepted the message for the device.',
    rejected: 'The provider reported that the device token is no longer valid.',
    dropped: 'The provider refused the message permanently.',
    retry: 'The provider could not accept the message; the gateway retries.',
    'configuration error': 'The gateway is not configured for this app. Its operator must correct this.',
    queued: 'The gateway stored the message and sends it later.',
    duplicate: 'The gateway received this message before; it is not sent again.',
    expired: 'The message expired before it could be delivered.',
    failed: 'The gateway could not accept the message; the sender must send it again.',
  },
} as const satisfies Record<string, Readonly<Record<string, string>>>

export type Vocabulary = typeof VOCABULARY
export type StepName = keyof Vocabulary
export type ReasonOf<S extends StepName> = keyof Vocabulary[S] & string

/** Why a queued event is not sent: the keys of `VOCABULARY.skipped`. */
export type SkipReason = ReasonOf<'skipped'>

/**
 * The fault of an attempt, as a clause for the sentence. An error that is not listed, such as a status, is
 * shown unchanged.
 */
export const FAULTS = {
  'bad response': 'the response was not HTTP',
  'bad url': 'the URL cannot be called',
  'blocked by the IP policy':
    'the IP policy does not allow the address; see push.allow_ip_ranges, or --allow-push-to',
  'connection closed': 'the connection was closed',
  'connection refused': 'the connection was refused',
  'connection reset': 'the connection was reset',
  dns: 'the host name was not found',
  'encryption failed': 'the message could not be encrypted for the device',
  'login refused': 'the login was refused',
  network: 'the network failed',
  redirect: 'the response was a redirect, which is not followed',
  stopped: 'this server was stopping',
  timeout: 'there was no response in time',
  tls: 'no trusted TLS connection was established',
  proxy: 'the proxy could not connect',
  unreachable: 'the host could not be reached',
  'vapid token refused': 'the push service refused the token of this server; the operator must correct this',
  'web push is off': 'the operator has disabled Web Push',
} as const satisfies Readonly<Record<string, string>>

/** The sentence for a step. `fault`: the error of an attempt. */
export function sentenceFor(step: StepName, reason: string, fault?: string | null): string {
  // A database may contain words of another version.
  const reasons = Object.hasOwn(VOCABULARY, step) ? VOCABULARY[step] : {}
  const text = textOf(reasons, reason) ?? `${step}: ${reason}.`
  if (!fault) return text
  return `${text.replace(/\.$/, '')} (${textOf(FAULTS, fault) ?? fault}).`
}

function textOf(words: Readonly<Record<string, string>>, word: string): string | undefined {
  return Object.hasOwn(words, word) ? words[word] : undefined
}
