/**
 * The words of the journey of a notification, and what each says to people: for every step its reasons. This list is the only
 * one, and docs/journey.md shows it. A stage that has a new reason adds it here; until then it does not compile.
 */
export const VOCABULARY = {
  stored: {
    stored: 'The event was accepted and stored.',
  },
  decided: {
    notifies: 'A push rule notifies of it.',
    'does not notify': 'The push rule that matches first does not notify of it.',
    'no rule matched': 'No push rule matches it.',
    'own event': 'Nobody is notified of what they have sent themselves.',
    'not a member': 'The user was not in the room when it came.',
    'sender is ignored': 'The user ignores its sender.',
    'rules failed':
      'The push rules could not be evaluated. That is a fault of the server; its log has the error.',
    'not kept':
      'What the rules made of it is not known any more: the user has left the room since, or the record has been removed by age.',
  },
  counted: {
    unread: 'It counts as an unread notification.',
    highlight: 'It counts as an unread notification and as a highlight.',
  },
  retracted: {
    redacted: 'It was redacted, and counts no more.',
  },
  'not queued': {
    'no pushers': 'The user had no pusher.',
    'set after the event': 'The pusher was set after the event had come.',
    'pusher disabled': 'The pusher was switched off.',
    'not activated': 'The app has not confirmed the pusher.',
    'does not notify': 'There was nothing to tell the device.',
    'not recorded':
      'What became of it is not recorded: the journey was not traced, or the record has been removed by age.',
  },
  waiting: {
    queued: 'It was put into the queue of the pusher.',
    'gateway failing': 'The gateway fails; the pusher tries again later.',
    'may be read first': 'It is mailed if it is not read in the next minutes.',
    'mail server failing': 'The mail server fails; the pusher tries again later.',
  },
  held: {
    'active elsewhere': 'The user is active on another device, and may read it there.',
    'mailed not long ago': 'A mail has told of the room not long ago, so the next one is put off.',
    'circuit open': 'The gateway has failed several times in a row, so it is left alone for a while.',
  },
  attempt: {
    taken: 'The gateway took the poke.',
    rejected: 'The gateway took the poke, and says that the pushkey is not valid any more.',
    'rejected too late':
      'The gateway says that the pushkey is not valid any more, but the pusher was set again meanwhile: it is told once more.',
    'refused, shorter next': 'The gateway refuses the poke for good; it is told the short form.',
    refused: 'The gateway refuses the poke for good.',
    failed: 'The poke did not arrive; it is tried again.',
    'mail taken': 'The mail server took the mail.',
    'mail refused': 'The mail server refuses the mail for good.',
    'mail failed': 'The mail was not sent; it is tried again.',
  },
  sent: {
    sent: 'The device has been told, as far as this server can know.',
    mailed: 'It was mailed, as far as this server can know.',
  },
  rejected: {
    rejected: 'The pusher was removed, as its gateway asked.',
  },
  dropped: {
    'refused for good': 'Nobody is told of it: the gateway would never take it.',
    'mail refused for good': 'It is not mailed: the mail server would never take it.',
  },
  skipped: {
    gone: 'The event was not there any more.',
    redacted: 'It was redacted before it was sent.',
    'own event': 'Nobody is told of what they have sent themselves.',
    'not a member': 'The user had left the room before it was sent.',
    expired: 'It was a call, and too old to ring for.',
    read: 'It was read before it was sent.',
    'sender is ignored': 'The user has begun to ignore its sender before it was sent.',
    'does not notify': 'The rules of the device do not notify of it.',
    'in the app only': 'It is shown in the app, and not pushed.',
    'suppressed by a device rule': 'A push rule of the device keeps it silent.',
    collapsed: 'After an outage a newer event of the same room was told in its place.',
    disabled: 'The pusher was switched off before it was sent.',
    'not by e-mail': 'The push rule does not want it to be mailed.',
  },
  cleared: {
    'pusher disabled': 'The pusher was switched off while it waited.',
    'pusher removed': 'The pusher was removed while it waited.',
  },
  gateway: {
    delivered: 'The provider took the message for the device.',
    rejected: 'The provider says that the device’s token is dead.',
    dropped: 'The provider will never take this message.',
    retry: 'The provider could not take the message now; the gateway tries again.',
    'configuration error': 'The gateway is not set up for this app. That is for its operator to mend.',
    queued: 'The gateway keeps the message on its disk, and tries it later.',
    duplicate: 'The gateway has had this message before; it is not sent again.',
    expired: 'The message waited until it was worth nothing any more.',
    failed: 'The gateway could not accept the message; it is to be sent again.',
  },
} as const satisfies Record<string, Readonly<Record<string, string>>>

export type Vocabulary = typeof VOCABULARY
export type StepName = keyof Vocabulary
export type ReasonOf<S extends StepName> = keyof Vocabulary[S] & string

/** Why a queued event is not sent. The list is `VOCABULARY.skipped`, where each reason has its sentence. */
export type SkipReason = ReasonOf<'skipped'>

/** What was wrong with an attempt, in a sentence. What is not listed, a status for instance, speaks for itself. */
export const FAULTS = {
  'bad response': 'its answer was no HTTP',
  'bad url': 'its URL cannot be called',
  'blocked by the IP policy':
    'the IP policy does not allow its address; see push.allow_ip_ranges, or --allow-push-to',
  'connection closed': 'it closed the connection',
  'connection refused': 'it refused the connection',
  'connection reset': 'it broke the connection off',
  dns: 'its name was not found',
  'encryption failed': 'it could not be encrypted for the device',
  'login refused': 'it refused the login',
  network: 'the network failed',
  redirect: 'it answered with a redirect, which is not followed',
  stopped: 'this server was being stopped',
  timeout: 'it did not answer in time',
  tls: 'no trusted TLS connection came about',
  proxy: 'the proxy did not lead there',
  unreachable: 'it could not be reached',
  'vapid token refused': "the push service refuses this server's own token, which is the operator's to mend",
  'web push is off': 'the operator has switched Web Push off',
} as const satisfies Readonly<Record<string, string>>

/** The sentence for a step; `fault`: what was wrong with an attempt. */
export function sentenceFor(step: StepName, reason: string, fault?: string | null): string {
  // A database may hold words of another version.
  const reasons = Object.hasOwn(VOCABULARY, step) ? VOCABULARY[step] : {}
  const text = wordIn(reasons, reason) ?? `${step}: ${reason}.`
  if (!fault) return text
  return `${text.replace(/\.$/, '')} (${wordIn(FAULTS, fault) ?? fault}).`
}

function wordIn(words: Readonly<Record<string, string>>, word: string): string | undefined {
  return Object.hasOwn(words, word) ? words[word] : undefined
}
