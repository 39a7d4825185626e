import type { GatewayWord } from '../sending/result-words.ts'

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
