import { shortHash } from '../lib/short-hash.ts'
import type { GatewayWord } from '../sending/result-words.ts'
import type { Transaction } from '../storage/database.ts'
import type { Notification, NotificationDevice } from './notification.ts'

/** The state of a notification for one device: the result of an attempt, or the reason for no attempt. */
export type StepOutcome =
  | GatewayWord
  /**
   * Not tried now: its line is paused or full, the rejections of its app are not believed, or the device is
   * over its rate limit.
   */
  | 'queued'
  /** A repeat. */
  | 'duplicate'
  /** It expired while it waited. */
  | 'expired'
  /** It was not accepted; the home server sends it again. */
  | 'failed'

/** One step of a notification for one device. Contains no secret. */
export type Step = {
  /** The app id of the device. */
  appId: string
  /** The id or glob in the configuration; absent: no app matches, or several do. */
  app?: string
  pushkeyHash: string
  eventId?: string | undefined
  roomId?: string | undefined
  outcome: StepOutcome
  /** A word of the provider, or one of the gateway. */
  reason: string
  /** The provider's HTTP status. */
  status?: number | undefined
  /** The provider's id of the message. */
  providerId?: string | undefined
  /** 1 is the first attempt; 0: no attempt was made. */
  attempt: number
  /** The duration of the attempt. */
  ms?: number
  /** The time of the next attempt. Milliseconds since the Unix epoch. */
  nextAttemptAt?: number
  /** Milliseconds since the Unix epoch. */
  at: number
}

/** Receives each step, for log and metrics. Must not throw. */
export type Report = (step: Step) => void

/**
 * Stores steps: `record` asynchronously, `recordIn` in a transaction of the caller. Neither throws because of
 * a step.
 */
export type StepTrace = {
  record: Report
  recordIn(tx: Transaction, steps: readonly Step[]): Promise<void>
}

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
