import { shortHash } from '../lib/short-hash.ts'
import type { GatewayWord } from '../sending/result-words.ts'
import type { Notification, NotificationDevice } from './notification.ts'

/** The state of a notification for one device: the result of an attempt, or why there was none. */
export type StepOutcome =
  | GatewayWord
  /** Not tried now: its line rests or is full, its app is alarmed, the device has had too much. */
  | 'queued'
  /** It was had before. */
  | 'duplicate'
  /** Its life was over while it waited. */
  | 'expired'
  /** It could not be accepted; the home server sends it again. */
  | 'failed'

/** One step on the way of a notification to one device. Holds no secret. */
export type Step = {
  /** As the device has it. */
  appId: string
  /** The id or glob of the configuration; absent: there is none, or there are several. */
  app?: string
  pushkeyHash: string
  eventId?: string | undefined
  roomId?: string | undefined
  outcome: StepOutcome
  /** The provider's own word, or one of ours. */
  reason: string
  /** The provider's HTTP status. */
  status?: number | undefined
  /** The provider's id of the message. */
  providerId?: string | undefined
  /** 1 is the first; 0: there was none. */
  attempt: number
  /** How long the attempt took. */
  ms?: number
  /** When it is tried next. Milliseconds since the Unix epoch. */
  nextAttemptAt?: number
  /** Milliseconds since the Unix epoch. */
  at: number
}

/** Told of each step, for log, metrics and trace. Must not throw. */
export type Report = (step: Step) => void

/** A notification for one device. `attempts`: the attempts so far; none by default. */
type Stepped = {
  app?: { id: string }
  device: Pick<NotificationDevice, 'app_id' | 'pushkey'> | undefined
  notification: Pick<Notification, 'event_id' | 'room_id'>
  attempts?: number
}

export function stepOf(
  { app, device, notification, attempts = 0 }: Stepped,
  what: Partial<Step> & Pick<Step, 'outcome' | 'reason' | 'at'>,
): Step {
  return {
    appId: device?.app_id ?? '',
    ...(app && { app: app.id }),
    pushkeyHash: shortHash(device?.pushkey ?? ''),
    eventId: notification.event_id ?? undefined,
    roomId: notification.room_id ?? undefined,
    attempt: attempts,
    ...what,
  }
}
